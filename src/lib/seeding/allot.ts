import { failure } from '../errors.ts'

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
  const given = new Map<number, number>()
  // Smallest room first: when its turn comes, its fair share of what is left is the most it could ever get.
  const bySize = [...rooms].sort((a, b) => a.free - b.free)
  let left = rows
  for (const [index, room] of bySize.entries()) {
    const share = Math.min(Math.max(0, room.free), Math.ceil(left / (bySize.length - index)))
    given.set(room.key, share)
    left -= share
  }
  return rooms.map(({ key }) => ({ key, rows: given.get(key) ?? 0 })).filter((allotment) => allotment.rows > 0)
}
