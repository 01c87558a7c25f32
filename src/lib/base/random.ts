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

/** FNV-1a over the UTF-16 code units: turns any seed or label into 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  }
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
  const spread = splitMix(hash(text))
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
