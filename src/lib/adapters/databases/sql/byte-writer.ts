/** Longer texts are written by Node, which costs a call. */
const shortText = 40
/** UTF-8 takes no more for a unit of UTF-16. */
export const bytesPerCharacter = 3

/** Writes one message behind the other into a buffer that is used again and again. */
export class ByteWriter {
  protected bytes = Buffer.allocUnsafeSlow(1024)
  protected at = 0

  /** All that was written since the last call, until something is written again. */
  take(): Buffer {
    const bytes = this.bytes.subarray(0, this.at)
    this.at = 0
    return bytes
  }

  /** Makes room for so many bytes more. */
  protected reserve(count: number): void {
    const needed = this.at + count
    if (needed <= this.bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.bytes.length))
    this.bytes.copy(larger, 0, 0, this.at)
    this.bytes = larger
  }

  /** Needs room for `bytesPerCharacter` each. */
  protected characters(text: string): void {
    const { bytes } = this
    const { length } = text
    let at = this.at
    let index = 0
    if (length <= shortText) {
      for (; index < length; index++) {
        const code = text.charCodeAt(index)
        if (code > 0x7f) break
        bytes[at++] = code
      }
    }
    this.at = index === length ? at : this.at + bytes.write(text, this.at)
  }

  protected all(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.at)
    this.at += bytes.length
  }
}
