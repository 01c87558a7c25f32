import { createRequire } from 'node:module'

/** Faker with its English lists. */
type Faker = typeof import('@faker-js/faker/locale/en').faker

let loaded: Faker | null = null

/** Loads faker where names are made; commands that make none would wait for it. One locale: all of them take 100 ms and 30 MB more. */
export function loadFaker(): Faker {
  const load = createRequire(import.meta.url)
  return (loaded ??= (load('@faker-js/faker/locale/en') as typeof import('@faker-js/faker/locale/en')).faker)
}
