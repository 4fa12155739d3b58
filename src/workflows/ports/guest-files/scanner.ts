/** The result of one scan. The gateway stores it with the guest file. */
export type ScanResult = {
  /** `unavailable`: there is no verdict. The file then never counts as clean. */
  verdict: 'clean' | 'infected' | 'unavailable'
  /** Name and version of the scanner. null: the scanner was not reached. */
  engine: string | null
}

/** A scanner for malware. */
export type Scanner = {
  /**
   * Name and version. null: the scanner cannot be reached, or `signal` aborted before it answered.
   * Never throws.
   */
  engine(signal?: AbortSignal): Promise<string | null>
  /** Scans a whole file. Never throws: if `pieces` throws, the verdict is `unavailable`. */
  scan(pieces: AsyncIterable<Uint8Array>): Promise<ScanResult>
}
