import { decodeRecipe, rowsOf, type SeedRecipe } from './recipe.ts'

/** What of a saved report says what was seeded. */
export interface SeededReport {
  /** As `encodeRecipe` wrote it; earlier versions saved none. */
  readonly recipe?: string | undefined
}

/**
 * The seedings that a table was filled by, from its first row on, given the reports of it from the oldest to the newest:
 * the latest and those that it went on from. Null when one of them is missing, as when rows came in some other way between
 * two.
 */
export function seedingsOf(reports: readonly SeededReport[]): SeedRecipe[] | null {
  const recipes = reports.flatMap(({ recipe }) => (recipe === undefined ? [] : (decodeRecipe(recipe) ?? [])))
  const chain: SeedRecipe[] = []
  let from = recipes.at(-1)
  while (from) {
    chain.unshift(from)
    const { firstSerial } = from
    if (firstSerial === 0) return chain
    from = recipes
      .slice(0, recipes.indexOf(from))
      .findLast((earlier) => earlier.firstSerial + rowsOf(earlier) === firstSerial)
  }
  return null
}
