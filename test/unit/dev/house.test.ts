import { describe, expect, it } from 'vitest'
import { check } from '../../../dev/house/check.ts'
import {
  findCopies,
  findCrumbs,
  findCycles,
  findForcedTypes,
  findHandMadeAborts,
  findOddComments,
  findQuotedSettings,
  findRetiredWords,
  findStrayTests,
  findTwinTypes,
} from '../../../dev/house/rules.ts'

const files = (texts: Readonly<Record<string, string>>) => new Map(Object.entries(texts))

describe('the rules of the house', () => {
  it.each(Object.entries(check()))('are kept: %s', (_rule, breaches) => {
    expect(breaches).toEqual([])
  })

  it('see circles, through types and through several files', () => {
    const sources = files({
      'src/a.ts': "import type { B } from './b.ts'\n",
      'src/b.ts': "import { c } from './c.ts'\n",
      'src/c.ts': "const load = () => import('./a.ts')\n",
      'src/d.ts': "import { c } from './c.ts'\n",
    })
    expect(findCycles(sources)).toEqual(['src/a.ts, src/b.ts, src/c.ts import each other'])
  })

  it('see crumbs, but for entries and for what two files use', () => {
    const sources = files({
      'src/a.ts': "import './b.ts'\nimport './c.ts'\nimport './d.ts'\n",
      'src/b.ts': "import './c.ts'\n",
      'src/c.ts': '',
      'src/d.ts': '\n'.repeat(25),
    })
    expect(findCrumbs(sources)).toEqual(['src/b.ts has 1 lines and one importer'])
  })

  it('see names of types that two files declare', () => {
    const sources = files({ 'src/a.ts': 'export type Block = 1\n', 'src/b.ts': 'export interface Block {}\n' })
    expect(findTwinTypes(sources)).toEqual(['Block is declared in src/a.ts and src/b.ts'])
  })

  it('see comments that begin in no native way', () => {
    const sources = files({ 'src/a.ts': '/** What it is. */\n/**\n * Who does it.\n */\n/** Whatever. */\n' })
    expect(findOddComments(sources)).toEqual(['src/a.ts:1: /** What it is. */', 'src/a.ts:2: /** * Who does it.'])
  })

  it('see retired words in identifiers, and in no text', () => {
    const sources = files({ 'src/a.ts': "const findSetback = 'fleet' // crew\nclass Tally {}\n" })
    expect(findRetiredWords(sources, ['setback', 'fleet', 'crew', 'tally'])).toEqual([
      'src/a.ts says findSetback',
      'src/a.ts says Tally',
    ])
  })

  it('see aborts that are listened for by hand, and rejections that are swallowed', () => {
    const text = "signal.addEventListener('abort', end)\nvoid work.catch(() => {})\n"
    expect(findHandMadeAborts(files({ 'src/a.ts': text, 'src/lib/base/abort.ts': text }))).toHaveLength(2)
  })

  it('see casts past the types outside of adapters', () => {
    const text = "const a = b as unknown as C // as unknown as D\n'as unknown as E'"
    expect(findForcedTypes(files({ 'src/a.ts': text, 'src/lib/adapters/b.ts': text }))).toHaveLength(1)
  })

  it('see settings that are looked up or listed by quoted names, and none that the compiler checks', () => {
    const text = `
      const set = settings.some(({ name }) => name === 'users') || typeof name === 'users'
      const shown = report.config['ramp-up'] ?? flags['help']
      const plan = ['users', 'ramp-up', 'rate'], head = ['users', 'ramp-up', 'p50']
      settingFlags('users', 'ramp-up', 'rate')
      Flags.string({ exclusive: ['rate', 'help'] }, { exclusive: [...flagNames('rate'), 'help'] })
      fork(file, { env: { RUSHBENCH_RATE: '5/s', RUSHBENCH_HELP: '' } })
      // Set RUSHBENCH_RATE.`
    const names = new Set(['users', 'ramp-up', 'rate', 'RUSHBENCH_RATE'])
    const sources = files({ 'src/a.ts': text, 'src/lib/config/b.ts': text })
    expect(findQuotedSettings(sources, names)).toEqual([
      "src/a.ts:2: name === 'users'",
      "src/a.ts:3: config['ramp-up']",
      "src/a.ts:6: exclusive: ['rate', 'help']",
      'src/a.ts:7: RUSHBENCH_RATE',
      "src/a.ts:4: ['users', 'ramp-up', 'rate']",
    ])
  })

  it('see unit tests that lie where no sources lie', () => {
    const tests = files({ 'test/unit/load/a.test.ts': '', 'test/unit/nowhere/b.test.ts': '' })
    expect(findStrayTests(tests, files({ 'src/lib/load/a.ts': '' }))).toEqual([
      'test/unit/nowhere/b.test.ts has no sources beside it',
    ])
  })

  it('see code that is written twice', () => {
    const code = Array.from({ length: 30 }, (_, i) => `const name${i} = ${i}`).join('\n')
    expect(findCopies(files({ 'src/a.ts': code, 'src/b.ts': `\n${code}` }))).toHaveLength(2)
    expect(findCopies(files({ 'src/a.ts': code }))).toEqual([])
  })
})
