/** Characters of the longest text that is read as a number; a longer one is compared as it is written. */
const maxLength = 1000

/** The most zeros that are written out beside the digits. */
const maxZeros = 30

/**
 * Spells a decimal number in one way: `+01.50`, `1.5` and `15e-1` are all `1.5`. Null for a text that is no number, or is
 * longer than a thousand characters.
 */
export function decimalOf(text: string): string | null {
  if (text.length > maxLength) return null
  const [, sign, whole = '', fraction = '', exponent = '0'] =
    /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i.exec(text) ?? []
  if (sign === undefined || whole + fraction === '') return null
  const written = whole + fraction
  const first = written.search(/[1-9]/)
  if (first === -1) return '0'
  let end = written.length
  while (written.charAt(end - 1) === '0') end--
  const digits = written.slice(first, end)
  // The place of the point, counted from the digits' end: 0 is behind them, -1 before the last.
  const power = Number(exponent) - fraction.length + (written.length - end)
  return `${sign === '-' ? '-' : ''}${plainOf(digits, power)}`
}

function plainOf(digits: string, power: number): string {
  if (power >= 0 && power <= maxZeros) return digits + '0'.repeat(power)
  if (power > 0 || power < -digits.length - maxZeros) return `${digits}e${power}`
  const whole = digits.slice(0, Math.max(0, digits.length + power))
  const fraction = digits.slice(whole.length).padStart(-power, '0')
  return `${whole || '0'}.${fraction}`
}
