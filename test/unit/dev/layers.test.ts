import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import house from '../../../dev/layers.json' with { type: 'json' }

const { above, folder, layers } = house
const root = fileURLToPath(new URL('../../../', import.meta.url))
const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => `src/${name}`)

/** Of a file of the sources: 0 is the lowest. */
function layerOf(file: string): number {
  if (above.some((path) => file === path || file.startsWith(`${path}/`))) return layers.length
  const [name = ''] = relative(folder, file).split('/')
  const layer = layers.indexOf(name)
  if (layer === -1) throw new Error(`${file} lies in no layer`)
  return layer
}

/** All that a file imports of ours, types included. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8')
  return [...text.matchAll(/(?:\bfrom |\bimport\(|\bimport )'(\.[^']+)'/g)].map(([, path = '']) =>
    join(dirname(file), path),
  )
}

describe('layers', () => {
  it('are a folder each', () => {
    const folders = readdirSync(join(root, folder), { withFileTypes: true }).filter((entry) => entry.isDirectory())
    expect(folders.map(({ name }) => name).toSorted()).toEqual(layers.toSorted())
  })

  it('import only what lies below them', () => {
    const upward = sources.flatMap((file) =>
      importsOf(file)
        .filter((imported) => layerOf(imported) > layerOf(file))
        .map((imported) => `${file} imports ${imported}`),
    )
    expect(upward).toEqual([])
  })

  it('see imports of values, of types and at run time', () => {
    const known = Object.fromEntries(sources.map((file) => [file, importsOf(file)]))
    expect(known['src/commands/load.ts']).toContain('src/lib/cli/base-command.ts')
    expect(known['src/lib/ports/workload.ts']).toContain('src/lib/ports/database.ts')
    expect(known['src/lib/app/load/plan-generators.ts']).toContain('src/lib/load/distributed/queue-coordinator.ts')
  })
})
