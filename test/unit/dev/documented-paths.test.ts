import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../../', import.meta.url))

it.each(['CONTRIBUTING.md', 'docs/architecture.md'])('%s names files that exist', (page) => {
  const text = readFileSync(root + page, 'utf8')
  const named = [...text.matchAll(/\b(?:src|test|dev|docs|bin|schema)\/[\w./-]*\w/g)].map(([path]) => path)
  const missing = named.filter((path) => !path.includes('NAME') && !existsSync(root + path))
  expect(named.length).toBeGreaterThan(20)
  expect([...new Set(missing)]).toEqual([])
})
