import { wrapped, type Integer } from './values.ts'

const bits64 = (value: bigint): bigint => BigInt.asUintN(64, value)

const fnvStart = 0xcbf29ce484222325n
const fnvPrime = 0x100000001b3n

/** FNV-1a over the eight bytes of a whole number, the lowest first (http://www.isthe.com/chongo/tech/comp/fnv/). */
export function hashFnv1a(value: Integer, seed: Integer): Integer {
  let rest = bits64(BigInt(value))
  let hash = fnvStart ^ bits64(BigInt(seed))
  for (let byte = 0; byte < 8; byte++) {
    hash = bits64((hash ^ (rest & 0xffn)) * fnvPrime)
    rest >>= 8n
  }
  return wrapped(hash)
}

const murmurFactor = 0xc6a4a7935bd1e995n
const murmurShift = 47n

/** MurmurHash64A of eight bytes (Appleby, https://github.com/aappleby/smhasher). */
export function hashMurmur2(value: Integer, seed: Integer): Integer {
  let block = bits64(bits64(BigInt(value)) * murmurFactor)
  block = bits64((block ^ (block >> murmurShift)) * murmurFactor)
  let hash = bits64(BigInt(seed)) ^ bits64(8n * murmurFactor)
  hash = bits64((hash ^ block) * murmurFactor)
  hash = bits64((hash ^ (hash >> murmurShift)) * murmurFactor)
  return wrapped(hash ^ (hash >> murmurShift))
}

/** SplitMix64 (Vigna, https://prng.di.unimi.it/splitmix64.c). */
function splitMix64(seed: bigint): () => bigint {
  let state = bits64(seed)
  return () => {
    state = bits64(state + 0x9e3779b97f4a7c15n)
    let mixed = bits64((state ^ (state >> 30n)) * 0xbf58476d1ce4e5b9n)
    mixed = bits64((mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn)
    return mixed ^ (mixed >> 31n)
  }
}

const rotate = (value: bigint, by: bigint): bigint => bits64((value << by) | (value >> (64n - by)))

/** xoroshiro128** (Blackman and Vigna, https://prng.di.unimi.it/xoroshiro128starstar.c). */
function xoroshiro(seed: bigint): () => bigint {
  const spread = splitMix64(seed)
  let [first, second] = [spread(), spread()]
  return () => {
    const mixed = second ^ first
    const result = bits64(rotate(bits64(first * 5n), 7n) * 9n)
    first = rotate(first, 24n) ^ mixed ^ bits64(mixed << 16n)
    second = rotate(mixed, 37n)
    return result
  }
}

const bitLength = (value: bigint): bigint => BigInt(value.toString(2).length)

interface Round {
  readonly lower: { readonly factor: bigint; readonly mask: bigint }
  readonly upper: { readonly factor: bigint; readonly mask: bigint }
  readonly offset: bigint
}

const rounds = 6

/**
 * The permutation of the numbers from 0 to `size` - 1 that `permute` of pgbench 15 and later makes with a seed, so that a
 * script draws the same hot rows in both: six rounds, each of an odd factor, an exclusive or and a rotation on the lower
 * and on the upper half, and an offset.
 */
export function createScriptPermutation(size: bigint, seed: Integer): (value: bigint) => bigint {
  if (size < 2n) return () => 0n
  const next = xoroshiro(BigInt(seed))
  const width = bitLength(size) - 1n
  const mask = (1n << width) - 1n
  const half = () => ({ factor: (next() & mask) | 1n, mask: next() & mask })
  const drawOffset = (): bigint => {
    for (;;) {
      const drawn = next() >> (64n - bitLength(size - 1n))
      if (drawn < size) return drawn
    }
  }
  const plan: readonly Round[] = Array.from({ length: rounds }, () => ({
    lower: half(),
    upper: half(),
    offset: drawOffset(),
  }))
  const stir = (value: bigint, { factor, mask: other }: Round['lower']): bigint => {
    const mixed = ((value * factor) ^ other) & mask
    return ((mixed << 1n) & mask) | (mixed >> (width - 1n))
  }
  return (value) => {
    let at = bits64(value) % size
    for (const { lower, upper, offset } of plan) {
      if (at <= mask) at = stir(at, lower)
      const fromTop = size - 1n - at
      if (fromTop <= mask) at = size - 1n - stir(fromTop, upper)
      at = (at + offset) % size
    }
    return at
  }
}
