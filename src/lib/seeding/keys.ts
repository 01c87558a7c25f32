import { createRandom, type Random } from '../base/random.ts'
import { mix32 } from './permutation.ts'
import { writeUuidV4, writeUuidV7 } from './uuid.ts'

/**
 * `ascending`: version 7 UUIDs, each above the one before it. `random`: version 4 UUIDs in random order. `spread`:
 * version 4 UUIDs all over their space, in ascending order.
 */
export type KeyOrder = (typeof keyOrders)[number]

export const keyOrders = ['ascending', 'random', 'spread'] as const

/** Writes the key of a seeding's row `index` (from 0) as 36 ASCII bytes. */
export type KeyWriter = (target: Buffer, offset: number, index: number, random: Random) => void

/** Which keys a seeding makes. */
export interface KeyRecipe {
  readonly keys: KeyOrder
  /** Serial number of the first row, so that a later seeding with the same seed makes other keys. */
  readonly firstSerial: number
  readonly rows: number
  readonly seed: string
}

const words = 0x1_0000_0000

/** A writer whose keys are unique by construction, however few random bits a block's generator was seeded with. */
export function createKeyWriter({ keys, firstSerial, rows, seed }: KeyRecipe): KeyWriter {
  if (keys === 'ascending') {
    return (target, offset, index, random) =>
      writeUuidV7(target, offset, firstSerial + index, random.int32(), random.int32())
  }
  if (keys === 'spread') {
    return (target, offset, index, random) => {
      const place = ((index + random.float()) / rows) * words
      const whole = Math.floor(place)
      const rest = Math.floor((place - whole) * 0x1_0000)
      const low = random.int32()
      writeUuidV4(target, offset, whole | 0, (rest << 16) | (low & 0xfff), random.int32(), low)
    }
  }
  const secret = createRandom(`${seed}/keys`).uint32()
  return (target, offset, index, random) => {
    const serial = firstSerial + index
    // A bijection of the serial's low 32 bits; its high bits stand in the last word as they are.
    const a = mix32((serial % words) ^ secret) | 0
    const last = (random.int32() & ~0xff) | Math.floor(serial / words)
    writeUuidV4(target, offset, a, random.int32(), random.int32(), last)
  }
}
