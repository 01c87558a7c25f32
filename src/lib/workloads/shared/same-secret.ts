import { createHash, timingSafeEqual } from 'node:crypto'

/** Whether both texts are the same. Takes as long wherever the first difference is. */
export function isSameSecret(given: string, right: string): boolean {
  const [one, other] = [given, right].map((text) => createHash('sha256').update(text).digest()) as [Buffer, Buffer]
  return timingSafeEqual(one, other)
}
