/** A call has 30 s [guide-api: Errors and retries]. */
const BASE_MS = 30_000
/** 100 kB a second is slower than any link that a contact centre runs on. */
const BYTES_PER_MS = 100

/** How long one exchange with this many bytes may take. */
export const fileTimeoutMs = (bytes: number): number => BASE_MS + Math.ceil(bytes / BYTES_PER_MS)
