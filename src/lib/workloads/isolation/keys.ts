import type { Random } from '../../base/random.ts'

/** The keys that users work on. A list that has grown long gives way to a new one of the same number: `l3.0`, `l3.1`. */
export interface Keys {
  draw(random: Random): string
  /** A list was found to have so many elements. */
  seen(key: string, elements: number): void
  /** Something was appended to a list. */
  appended(key: string): void
}

/** Elements after which a list is left alone: reads of long ones would take most of the time, and of the ledger. */
const longest = 30

/** One key in so many is a register. */
const registerEvery = 3

/**
 * Creates `count` keys, of which the first is drawn most often: the one of place n by 1 / n^skew. `prefix` sets apart those
 * of transactions that are not written down.
 */
export function createKeys({ count, skew, prefix = '' }: { count: number; skew: number; prefix?: string }): Keys {
  const limits: number[] = []
  for (let place = 1; place <= count; place++) limits.push((limits.at(-1) ?? 0) + place ** -skew)
  const generations = Array.from({ length: count }, () => 0)
  const appends = Array.from({ length: count }, () => 0)

  function renew(key: string): void {
    const [place = 0, generation = 0] = key
      .slice(prefix.length + 1)
      .split('.')
      .map(Number)
    if (generations[place] !== generation) return
    generations[place] = generation + 1
    appends[place] = 0
  }

  return {
    draw: (random) => {
      const drawn = random.float() * (limits.at(-1) ?? 0)
      const place = Math.max(
        0,
        limits.findIndex((limit) => drawn < limit),
      )
      return `${prefix}${place % registerEvery === registerEvery - 1 ? 'r' : 'l'}${place}.${generations[place]}`
    },
    seen: (key, elements) => {
      if (elements >= longest) renew(key)
    },
    appended: (key) => {
      const place = Number(key.slice(prefix.length + 1).split('.')[0])
      appends[place] = (appends[place] ?? 0) + 1
      if (appends[place] >= longest) renew(key)
    },
  }
}

/** Whether a key is that of a list. */
export function isList(key: string): boolean {
  return key.startsWith('l') || key.startsWith('xl')
}
