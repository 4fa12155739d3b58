export type ScanResult = {
  /** `unavailable`: no verdict, for whatever reason; never taken for clean. */
  verdict: 'clean' | 'infected' | 'unavailable'
  /** Name and version of the scanner. null: it was not reached. */
  engine: string | null
}

/** A scanner for malware. */
export type Scanner = {
  /** Name and version. null: it cannot be reached. */
  engine(): Promise<string | null>
  /**
   * Scans a whole file. Never throws: when `pieces` does, the file was not scanned, `unavailable`.
   */
  scan(pieces: AsyncIterable<Uint8Array>): Promise<ScanResult>
}
