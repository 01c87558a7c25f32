import { createRandom } from '../base/random.ts'

const rounds = 4

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
  const keys = Array.from({ length: rounds }, () => random.uint32())
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
