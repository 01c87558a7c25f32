/** Bytes kept for a while under a name. */
export interface Cache extends AsyncDisposable {
  /** `none` keeps nothing. */
  readonly kind: 'none' | 'memory' | 'redis'
  /** Null when there is nothing under `key`, or it is too old. */
  get(key: string): Promise<Buffer | null>
  set(key: string, bytes: Buffer, ttlMs: number): Promise<void>
}
