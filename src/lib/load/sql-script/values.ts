import { ValueError } from './script-error.ts'

/** A double of a script. Numbers as such are its whole numbers. */
export class Double {
  readonly value: number

  constructor(value: number) {
    this.value = value
  }
}

/** A whole number of 64 bits: a bigint only where a number could not hold it exactly. */
export type Integer = number | bigint

/** A value of a variable. Texts and bytes come from the rows of a statement (`\gset`) alone. */
export type ScriptValue = Integer | Double | boolean | null | string | Uint8Array

/** A value within an expression. */
export type Operand = Integer | Double | boolean | null

const least = -(2n ** 63n)
const most = 2n ** 63n - 1n
const leastSafe = BigInt(Number.MIN_SAFE_INTEGER)
const mostSafe = BigInt(Number.MAX_SAFE_INTEGER)

/** A bigint as a whole number of a script. Throws ValueError where 64 bits do not hold it. */
export function toInteger(value: bigint, what: string): Integer {
  if (value < least || value > most) throw new ValueError(`${what} gives a whole number that 64 bits do not hold`)
  return value >= leastSafe && value <= mostSafe ? Number(value) : value
}

/** The lower 64 bits of a bigint, with their sign. */
export function wrapped(value: bigint): Integer {
  return toInteger(BigInt.asIntN(64, value), '')
}

/** The name of a value's type, for errors. */
function typeOf(value: Operand): string {
  if (value === null) return 'null'
  if (typeof value === 'boolean') return 'a boolean'
  return value instanceof Double ? 'a double' : 'a whole number'
}

/** Whether it is a whole number. */
export function isInteger(value: ScriptValue): value is Integer {
  return typeof value === 'number' || typeof value === 'bigint'
}

/** A value as a whole number; doubles are rounded, halves to the even one. Throws ValueError for other types. */
export function asInteger(value: Operand): Integer {
  if (isInteger(value)) return value
  if (!(value instanceof Double)) throw new ValueError(`it has ${typeOf(value)} where a whole number is needed`)
  const rounded = roundHalfEven(value.value)
  // 2^63 itself is the first double beyond.
  if (!(rounded >= -(2 ** 63) && rounded < 2 ** 63)) {
    throw new ValueError(`the double ${value.value} is no whole number of 64 bits`)
  }
  return Number.isSafeInteger(rounded) ? rounded + 0 : toInteger(BigInt(rounded), 'int')
}

function roundHalfEven(value: number): number {
  const rounded = Math.round(value)
  return Math.abs(value % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded
}

/** A value as a double. Throws ValueError for booleans and null. */
export function asDouble(value: Operand): number {
  if (value instanceof Double) return value.value
  if (!isInteger(value)) throw new ValueError(`it has ${typeOf(value)} where a number is needed`)
  return Number(value)
}

/** A value as a boolean. Throws ValueError for anything else. */
export function asBoolean(value: Operand): boolean {
  if (typeof value === 'boolean') return value
  throw new ValueError(`it has ${typeOf(value)} where a boolean is needed`)
}

/** Whether a condition holds: a number other than 0 does, null does not. */
export function isTrue(value: Operand): boolean {
  return value instanceof Double ? value.value !== 0 : value !== null && Boolean(value)
}

/** A variable's value as an operand: a text becomes what it says. Throws ValueError for one that says no value. */
export function asOperand(value: ScriptValue): Operand {
  if (value instanceof Uint8Array) throw new ValueError('it has bytes where a number is needed')
  return typeof value === 'string' ? readText(value) : value
}

/** Reads a value as pgbench reads that of a variable: null, a boolean, or a number. */
function readText(text: string): Operand {
  const word = text.toLowerCase()
  if (word === 'null') return null
  if (word !== '' && ('true'.startsWith(word) || 'yes'.startsWith(word) || word === 'on')) return true
  if (word !== '' && ('false'.startsWith(word) || 'no'.startsWith(word) || word === 'off' || word === 'of'))
    return false
  if (/^\s*[-+]?\d+$/.test(text)) return toInteger(BigInt(text.trim().replace('+', '')), `the text ${text}`)
  const double = Number(text)
  if (text.trim() === '' || Number.isNaN(double)) {
    throw new ValueError(`the text ${JSON.stringify(text.slice(0, 60))} is no number`)
  }
  return new Double(double)
}

/** Adds two numbers; the result is a double where one of them is. */
export function add(a: Operand, b: Operand): Operand {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b
    if (Number.isSafeInteger(sum)) return sum
  }
  if (a instanceof Double || b instanceof Double) return new Double(asDouble(a) + asDouble(b))
  return toInteger(BigInt(asInteger(a)) + BigInt(asInteger(b)), '+')
}

/** Subtracts; see `add`. */
export function subtract(a: Operand, b: Operand): Operand {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b
    if (Number.isSafeInteger(difference)) return difference
  }
  if (a instanceof Double || b instanceof Double) return new Double(asDouble(a) - asDouble(b))
  return toInteger(BigInt(asInteger(a)) - BigInt(asInteger(b)), '-')
}

/** Multiplies; see `add`. */
export function multiply(a: Operand, b: Operand): Operand {
  if (typeof a === 'number' && typeof b === 'number') {
    // Zero has no sign among whole numbers.
    const product = a * b + 0
    if (Number.isSafeInteger(product)) return product
  }
  if (a instanceof Double || b instanceof Double) return new Double(asDouble(a) * asDouble(b))
  return toInteger(BigInt(asInteger(a)) * BigInt(asInteger(b)), '*')
}

/** Divides; whole numbers towards zero. Throws ValueError for a whole number by 0. */
export function divide(a: Operand, b: Operand): Operand {
  if (a instanceof Double || b instanceof Double) return new Double(asDouble(a) / asDouble(b))
  const [over, under] = [asInteger(a), asInteger(b)]
  if (Number(under) === 0) throw new ValueError('it divides by zero')
  if (typeof over === 'number' && typeof under === 'number') return (over - (over % under)) / under + 0
  return toInteger(BigInt(over) / BigInt(under), '/')
}

/** The rest of a division of whole numbers, with the sign of the first. Throws ValueError for a division by 0. */
export function modulo(a: Operand, b: Operand): Operand {
  const [over, under] = [asInteger(a), asInteger(b)]
  if (Number(under) === 0) throw new ValueError('it divides by zero')
  if (typeof over === 'number' && typeof under === 'number') return (over % under) + 0
  return toInteger(BigInt(over) % BigInt(under), '%')
}

/** Compares two numbers: below 0 where the first is less, NaN where they have no order. */
export function compare(a: Operand, b: Operand): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (a instanceof Double || b instanceof Double) {
    const [first, second] = [asDouble(a), asDouble(b)]
    if (first === second) return 0
    return first < second ? -1 : first > second ? 1 : Number.NaN
  }
  const [first, second] = [asInteger(a), asInteger(b)]
  if (first === second) return 0
  return first < second ? -1 : 1
}

/** Whether two values are of the same type and equal, as IS asks of null and booleans. */
export function isSame(a: Operand, b: Operand): boolean {
  return a === b
}
