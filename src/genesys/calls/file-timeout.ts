/** A call without a file may take 30 s [guide-api: Errors and retries]. */
const BASE_MS = 30_000
/** 100 kB a second, which is slower than the usual link of a contact centre. */
const BYTES_PER_MS = 100

/** How long one exchange with this number of bytes may take. */
export const fileTimeoutMs = (bytes: number): number => BASE_MS + Math.ceil(bytes / BYTES_PER_MS)
