import { failure } from '../base/errors/errors.ts'

/** A parent row with room for more children. */
export interface Room {
  readonly key: number
  readonly free: number
}

/** How many children a parent is to get. */
export interface Allotment {
  readonly key: number
  readonly rows: number
}

/**
 * Spreads `rows` over the parents as evenly as their room allows; what one cannot take goes to the
 * others. Parents keep their order, those that get nothing are left out. Throws `capacity-exceeded`.
 */
export function allotEvenly(rooms: readonly Room[], rows: number): Allotment[] {
  const free = rooms.reduce((sum, room) => sum + Math.max(0, room.free), 0)
  if (rows > free) throw failure('capacity-exceeded', { rows, free })
  const given = new Float64Array(rooms.length)
  // Smallest room first: when its turn comes, its fair share of what is left is the most it could ever get.
  const bySize = Uint32Array.from(rooms.keys()).sort((a, b) => freeOf(rooms, a) - freeOf(rooms, b))
  let left = rows
  for (const [place, index] of bySize.entries()) {
    const share = Math.min(Math.max(0, freeOf(rooms, index)), Math.ceil(left / (bySize.length - place)))
    given[index] = share
    left -= share
  }
  return rooms.flatMap(({ key }, index) => {
    const part = given[index] as number
    return part > 0 ? [{ key, rows: part }] : []
  })
}

function freeOf(rooms: readonly Room[], index: number): number {
  return (rooms[index] as Room).free
}
