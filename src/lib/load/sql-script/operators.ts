import type { Token } from './expression-tokens.ts'
import { add, asInteger, compare, divide, modulo, multiply, subtract, wrapped, type Operand } from './values.ts'

/** A function of two operands that are not null. */
export type Binary = (a: Operand, b: Operand) => Operand

/** How tightly operators bind, the loosest first: pgbench's order. */
export const strengths = { or: 1, and: 2, not: 3, is: 4, comparison: 5, bits: 6, sum: 7, product: 8, sign: 9 } as const

const ordered =
  (holds: (difference: number) => boolean): Binary =>
  (a, b) =>
    holds(compare(a, b))

/** A function of 64 bits. */
export const onBits =
  (work: (a: bigint, b: bigint) => bigint): Binary =>
  (a, b) =>
    wrapped(work(BigInt(asInteger(a)), BigInt(asInteger(b))))

/** Operators between two operands, by their signs. */
export const binaries: ReadonlyMap<Token['kind'], readonly [strength: number, work: Binary]> = new Map<
  Token['kind'],
  readonly [number, Binary]
>([
  ['=', [strengths.comparison, ordered((difference) => difference === 0)]],
  ['<>', [strengths.comparison, ordered((difference) => difference !== 0)]],
  ['!=', [strengths.comparison, ordered((difference) => difference !== 0)]],
  ['<', [strengths.comparison, ordered((difference) => difference < 0)]],
  ['<=', [strengths.comparison, ordered((difference) => difference <= 0)]],
  ['>', [strengths.comparison, ordered((difference) => difference > 0)]],
  ['>=', [strengths.comparison, ordered((difference) => difference >= 0)]],
  ['|', [strengths.bits, onBits((a, b) => a | b)]],
  ['#', [strengths.bits, onBits((a, b) => a ^ b)]],
  ['&', [strengths.bits, onBits((a, b) => a & b)]],
  ['<<', [strengths.bits, onBits((a, b) => a << (b & 63n))]],
  ['>>', [strengths.bits, onBits((a, b) => a >> (b & 63n))]],
  ['+', [strengths.sum, add]],
  ['-', [strengths.sum, subtract]],
  ['*', [strengths.product, multiply]],
  ['/', [strengths.product, divide]],
  ['%', [strengths.product, modulo]],
])
