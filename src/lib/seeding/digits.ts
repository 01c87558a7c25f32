/** Writes `value` as `width` digits with leading zeros. */
export function writeDigits(target: Buffer, offset: number, width: number, value: number): void {
  let rest = value
  for (let at = offset + width - 1; at >= offset; at--) {
    const next = Math.floor(rest / 10)
    target[at] = 48 + rest - next * 10
    rest = next
  }
}
