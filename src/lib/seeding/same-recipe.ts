import { failure } from '../base/errors/errors.ts'
import { rowsOf, type SeedRecipe } from './recipe.ts'

/** What was asked for of a seeding; what was not is whatever the unfinished one has. */
export interface AskedRecipe {
  readonly rows?: number
  /** For each slot. */
  readonly number?: number
  readonly keys?: string
  readonly order?: string
  readonly indexes?: string
  readonly seed?: string
}

/** Throws `seeding-other` unless an unfinished seeding is the one that is asked for. */
export function requireSameRecipe(url: string, recipe: SeedRecipe, asked: AskedRecipe): void {
  const { keys, order, indexes, seed, allotments } = recipe
  const rows = rowsOf(recipe)
  const isPerSlot = asked.number !== undefined && allotments.every((allotment) => allotment.rows === asked.number)
  const unfinished = { rows, ...(isPerSlot ? { number: asked.number } : {}), keys, order, indexes, seed }
  const differs = Object.entries(asked).some(([name, value]) => unfinished[name as keyof AskedRecipe] !== value)
  if (differs)
    throw failure('seeding-other', {
      url,
      wanted: asFlags(asked),
      unfinished: asFlags({ rows, keys, order, indexes, seed }),
    })
}

function asFlags(recipe: AskedRecipe): string {
  return Object.entries(recipe)
    .map(([name, value]) => `--${name} ${value}`)
    .join(' ')
}
