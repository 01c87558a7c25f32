import { exponential, gaussian, uniform, zipfian, type BitSource } from './distributions.ts'
import { createScriptPermutation, hashFnv1a, hashMurmur2 } from './hashes.ts'
import { ValueError } from './script-error.ts'
import {
  asDouble,
  asInteger,
  compare,
  Double,
  isInteger,
  modulo,
  subtract,
  toInteger,
  type Integer,
  type Operand,
  type ScriptValue,
} from './values.ts'

/** State of a user in which expressions are evaluated: values by slot, undefined where none was set. */
export interface Frame {
  readonly values: (ScriptValue | undefined)[]
  readonly random: BitSource
}

/** A compiled expression. Throws ValueError for values that it has no use for. */
export type Evaluate = (frame: Frame) => Operand

/** A function of expressions. */
interface ScriptFunction {
  readonly least: number
  readonly most: number
  /** Its result depends on its arguments alone. */
  readonly pure: boolean
  /** Compiles a call. An argument that is null makes null of it all. */
  readonly compile: (args: readonly Evaluate[]) => Evaluate
}

const mostArguments = 16

function unary(work: (value: Exclude<Operand, null>) => Operand): ScriptFunction {
  const compile = ([first]: readonly Evaluate[]): Evaluate => {
    const of = first as Evaluate
    return (frame) => {
      const value = of(frame)
      return value === null ? null : work(value)
    }
  }
  return { least: 1, most: 1, pure: true, compile }
}

/** A function of two that are not null. */
export function compileBinary(
  [first, second]: readonly Evaluate[],
  work: (a: Operand, b: Operand) => Operand,
): Evaluate {
  const [left, right] = [first as Evaluate, second as Evaluate]
  return (frame) => {
    const a = left(frame)
    const b = right(frame)
    return a === null || b === null ? null : work(a, b)
  }
}

function binary(work: (a: Operand, b: Operand) => Operand): ScriptFunction {
  return { least: 2, most: 2, pure: true, compile: (args) => compileBinary(args, work) }
}

function drawing(draw: (random: BitSource, min: Integer, max: Integer, parameter: number) => Integer): ScriptFunction {
  const compile = ([first, second, third]: readonly Evaluate[]): Evaluate => {
    const [min, max, parameter] = [first as Evaluate, second as Evaluate, third as Evaluate]
    return (frame) => {
      const [from, to, shape] = [min(frame), max(frame), parameter(frame)]
      if (from === null || to === null || shape === null) return null
      return draw(frame.random, asInteger(from), asInteger(to), asDouble(shape))
    }
  }
  return { least: 3, most: 3, pure: false, compile }
}

function extreme(isBetter: (difference: number) => boolean): ScriptFunction {
  const compile = (args: readonly Evaluate[]): Evaluate => {
    return (frame) => {
      const values = args.map((of) => of(frame))
      if (values.includes(null)) return null
      const toDouble = values.some((value) => value instanceof Double)
      const numbers = values.map((value) => (toDouble ? new Double(asDouble(value)) : asInteger(value)))
      return numbers.reduce((best, value) => (isBetter(compare(value, best)) ? value : best))
    }
  }
  return { least: 1, most: mostArguments, pure: true, compile }
}

function absolute(value: Operand): Operand {
  if (value instanceof Double) return new Double(Math.abs(value.value))
  const number = asInteger(value)
  return number < 0 ? subtract(0, number) : number
}

const doubled = (work: (value: number) => number): ScriptFunction => unary((value) => new Double(work(asDouble(value))))

const hashed = (hash: (value: Integer, seed: Integer) => Integer): ScriptFunction =>
  binary((value, seed) => hash(asInteger(value), asInteger(seed)))

/** Draws the rounds of a permutation once for a size and seed. */
function permuting(): ScriptFunction {
  const compile = ([first, second, third]: readonly Evaluate[]): Evaluate => {
    const [value, size, seed] = [first as Evaluate, second as Evaluate, third as Evaluate]
    let last: { readonly size: Integer; readonly seed: Integer; readonly at: (value: bigint) => bigint } | null = null
    return (frame) => {
      const [index, range, start] = [value(frame), size(frame), seed(frame)]
      if (index === null || range === null || start === null) return null
      const [at, length, from] = [asInteger(index), asInteger(range), asInteger(start)]
      if (length <= 0) throw new ValueError(`the size of permute is above 0, not ${length}`)
      if (last?.size !== length || last.seed !== from) {
        last = { size: length, seed: from, at: createScriptPermutation(BigInt(length), from) }
      }
      return toInteger(last.at(BigInt(at)), 'permute')
    }
  }
  return { least: 3, most: 3, pure: true, compile }
}

const power = binary((base, exponent) => new Double(asDouble(base) ** asDouble(exponent)))
const murmur = hashed(hashMurmur2)

/** pgbench's functions (https://www.postgresql.org/docs/current/pgbench.html), but for debug. */
const functions: ReadonlyMap<string, ScriptFunction> = new Map([
  ['abs', unary(absolute)],
  ['double', doubled((value) => value)],
  ['exp', doubled(Math.exp)],
  ['greatest', extreme((difference) => difference > 0)],
  ['hash', murmur],
  ['hash_fnv1a', hashed(hashFnv1a)],
  ['hash_murmur2', murmur],
  ['int', unary((value) => (isInteger(value) ? value : asInteger(value)))],
  ['least', extreme((difference) => difference < 0)],
  ['ln', doubled(Math.log)],
  ['mod', binary(modulo)],
  ['permute', permuting()],
  ['pi', { least: 0, most: 0, pure: true, compile: () => () => new Double(Math.PI) }],
  ['pow', power],
  ['power', power],
  [
    'random',
    {
      least: 2,
      most: 2,
      pure: false,
      compile: ([first, second]) => {
        const [min, max] = [first as Evaluate, second as Evaluate]
        return (frame) => {
          const [from, to] = [min(frame), max(frame)]
          return from === null || to === null ? null : uniform(frame.random, asInteger(from), asInteger(to))
        }
      },
    },
  ],
  ['random_exponential', drawing(exponential)],
  ['random_gaussian', drawing(gaussian)],
  ['random_zipfian', drawing(zipfian)],
  ['sqrt', doubled(Math.sqrt)],
])

/** Functions whose last argument is the variable `default_seed` unless it is given. */
export const seededFunctions: ReadonlyMap<string, number> = new Map([
  ['hash', 2],
  ['hash_fnv1a', 2],
  ['hash_murmur2', 2],
  ['permute', 3],
])

export const functionNames: readonly string[] = [...functions.keys()]

/** Finds a function; pgbench takes its name in capitals, too. */
export function findFunction(name: string): ScriptFunction | undefined {
  return functions.get(name.toLowerCase())
}
