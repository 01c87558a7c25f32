/** How far a long step has come. */
export interface Progress {
  readonly done: number
  readonly total: number
}

/** How a long step is followed, and ended early. */
export interface Watch {
  readonly onProgress: (progress: Progress) => void
  /** Its reason is thrown once it aborts. */
  readonly signal: AbortSignal
}
