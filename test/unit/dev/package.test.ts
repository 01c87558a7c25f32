import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const read = (name: string): string => readFileSync(root + name, 'utf8')

describe('the package', () => {
  it('holds what runs, and nothing that only developers need', () => {
    const printed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: root,
      encoding: 'utf8',
    })
    const [{ files }] = JSON.parse(printed) as [{ files: readonly { readonly path: string }[] }]
    const paths = files.map(({ path }) => path)
    expect(paths.filter((path) => path.startsWith('bin/'))).toEqual(['bin/run.js'])
    const places = new Set(paths.map((path) => path.split('/')[0]))
    for (const place of ['dev', 'test', 'src', 'page', 'deploy', '.ci', 'reports']) expect(places).not.toContain(place)
  })

  it('depends on every package that is imported while it runs', () => {
    const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> }
    const imported = new Set<string>()
    for (const file of readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts')) continue
      const found = read(`src/${file}`).matchAll(
        /(?:^(?:import|export) (?!type\b)[\w\s{},*$]+ from |\bawait import\()'(?!node:)((?:@[^/']+\/)?[^./'][^/']*)/gm,
      )
      for (const [, name] of found) imported.add(name!)
    }
    expect([...imported].filter((name) => !(name in dependencies))).toEqual([])
    for (const name of ['undici', 'pg', '@oclif/core', 'fastify']) expect(imported).toContain(name)
  })

  it('depends on packages with install scripts that the documentation names, and none that it needs', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { readonly hasInstallScript?: boolean; readonly dev?: boolean }>
    }
    const found = Object.entries(packages)
      .filter(([, { hasInstallScript, dev }]) => hasInstallScript && !dev)
      .map(([path]) => path.replace(/^.*node_modules\//, ''))
    const [section = ''] = /^## Install scripts\n.*?(?=\n## |$(?![^]))/ms.exec(read('docs/security.md')) ?? []
    const named = [...section.matchAll(/^- `([^`]+)`/gm)].map(([, name]) => name)
    expect(new Set(named)).toEqual(new Set(found))
    const { allowScripts } = JSON.parse(read('package.json')) as { allowScripts: Record<string, boolean> }
    for (const name of found) expect(allowScripts[name]).toBe(false)
  })
})
