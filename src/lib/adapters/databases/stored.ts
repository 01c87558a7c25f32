import { failure } from '../../base/errors/errors.ts'

/**
 * Throws `insert-dropped` unless an insert that the server took has stored its row: triggers and rules may drop rows and
 * answer with success.
 */
export function requireStored(rows: number, url: string): void {
  if (rows === 0) throw failure('insert-dropped', { url })
}
