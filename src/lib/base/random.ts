import { createRequire } from 'node:module'

/**
 * A seeded source of numbers: the same seed gives the same numbers on every machine.
 * Not for secrets.
 */
export interface Random {
  /** A whole number from 0 to 2^32 - 1. */
  uint32(): number
  /** 32 random bits as a signed whole number, which V8 need not put on the heap. */
  int32(): number
  /** A number from 0 (in) to 1 (out). */
  float(): number
  /** A whole number from `min` to `max`, both in. Throws RangeError for what are no numbers. */
  integer(min: number, max: number): number
  /** One of `items`; throws RangeError when there are none. */
  pick<T>(items: readonly T[]): T
  /** A source of its own for `label`, so that parts can be made in any order and stay the same. */
  fork(label: string | number): Random
}

/** Hashes the UTF-16 code units of a text to 32 bits by FNV-1a, or by a variant of it with another start and prime. */
export function hashText(text: string, start = 0x811c9dc5, prime = 0x01000193): number {
  let value = start
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), prime)
  return value >>> 0
}

/** SplitMix32, to spread a 32-bit seed over the generator's state (Steele et al., OOPSLA 2014). */
function splitMix(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x9e3779b9) | 0
    let mixed = state ^ (state >>> 16)
    mixed = Math.imul(mixed, 0x21f0aaad)
    mixed ^= mixed >>> 15
    mixed = Math.imul(mixed, 0x735a2d97)
    return (mixed ^ (mixed >>> 15)) >>> 0
  }
}

/** xoshiro128** 1.1 (Blackman and Vigna, https://prng.di.unimi.it/xoshiro128starstar.c). */
export function createRandom(seed: string | number): Random {
  const text = String(seed)
  const spread = splitMix(hashText(text))
  let a = spread()
  let b = spread()
  let c = spread()
  let d = spread()

  function int32(): number {
    const scaled = Math.imul(b, 5)
    const result = Math.imul((scaled << 7) | (scaled >>> 25), 9)
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = (d << 11) | (d >>> 21)
    return result
  }

  function uint32(): number {
    return int32() >>> 0
  }

  function float(): number {
    return uint32() / 0x1_0000_0000
  }

  function integer(min: number, max: number): number {
    const drawn = min + Math.floor(float() * (max - min + 1))
    // Also a text, which a number is added to without a word.
    if (!Number.isFinite(drawn)) throw new RangeError('integer takes the least and the most, both numbers')
    return drawn
  }

  function pick<T>(items: readonly T[]): T {
    // A Set has no length.
    if (!(items.length > 0)) throw new RangeError('nothing to pick from')
    return items[integer(0, items.length - 1)] as T
  }

  return { uint32, int32, float, integer, pick, fork: (label) => createRandom(`${text}/${label}`) }
}

/** Faker with its English lists. */
type Faker = typeof import('@faker-js/faker/locale/en').faker

let loaded: Faker | null = null

/** Loads faker where names are made; commands that make none would wait for it. One locale: all of them take 100 ms and 30 MB more. */
export function loadFaker(): Faker {
  const load = createRequire(import.meta.url)
  return (loaded ??= (load('@faker-js/faker/locale/en') as typeof import('@faker-js/faker/locale/en')).faker)
}

const feistelRounds = 4

/** The finalizer of MurmurHash3 (Appleby): a bijection of 32 bits that spreads every bit over all. */
export function mix32(value: number): number {
  let mixed = value
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

/**
 * A seeded shuffle of the whole numbers from 0 to `size` - 1 (`size` up to 2^50) that can be asked for any of them
 * without a list: a Feistel network over the next even number of bits, walked on until it is inside (cycle walking;
 * Black and Rogaway, "Ciphers with Arbitrary Finite Domains", 2002).
 */
export function createPermutation(size: number, seed: string): (index: number) => number {
  const random = createRandom(seed)
  const keys = Array.from({ length: feistelRounds }, () => random.uint32())
  const halfBits = Math.max(1, Math.ceil(Math.log2(Math.max(2, size)) / 2))
  const half = 2 ** halfBits

  function encrypt(value: number): number {
    let left = Math.floor(value / half)
    let right = value % half
    for (const key of keys) {
      const next = (left ^ mix32(right ^ key)) & (half - 1)
      left = right
      right = next
    }
    return left * half + right
  }

  return (index) => {
    let value = encrypt(index)
    while (value >= size) value = encrypt(value)
    return value
  }
}
