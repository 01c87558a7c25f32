import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadScriptText, parseDefinitions, parseNamedScript } from '../../../../src/lib/load/sql-script/script-file.ts'
import { readScript } from '../../../../src/lib/load/sql-script/script.ts'

describe('--sql', () => {
  it.each([
    ['a.sql', { file: 'a.sql', weight: 1 }],
    ['a.sql@3', { file: 'a.sql', weight: 3 }],
    ['me@home/a.sql', { file: 'me@home/a.sql', weight: 1 }],
    ['me@home/a.sql@20', { file: 'me@home/a.sql', weight: 20 }],
    ['a@2@1', { file: 'a@2', weight: 1 }],
    ['a.sql@1.5', { file: 'a.sql@1.5', weight: 1 }],
  ])('%s names a file and its weight', (text, named) => {
    expect(parseNamedScript(text)).toEqual(named)
  })

  it.each([
    ['', '--sql takes FILE or FILE@WEIGHT'],
    ['@3', '--sql takes FILE or FILE@WEIGHT'],
    ['a.sql@0', 'The weight of --sql a.sql cannot be 0. Allowed: whole numbers from 1 to 1,000,000.'],
    ['a.sql@99999999999999999999999', 'cannot be 99999999999999999999.'],
  ])('%j is refused', (text, error) => {
    expect(() => parseNamedScript(text)).toThrow(error)
  })
})

describe('--define', () => {
  it('gives variables their values, which may be texts', () => {
    expect(parseDefinitions(['a=1', 'name=b=c', 'none='])).toEqual({ a: '1', name: 'b=c', none: '' })
  })

  it.each(['a', '=1', '1a=2', `${'a'.repeat(64)}=1`])('is refused where it is no NAME=VALUE: %s', (text) => {
    expect(() => parseDefinitions([text])).toThrow('It takes NAME=VALUE, such as accounts=1000.')
  })
})

describe('a file', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rushbench-sql-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  const load = async (content: string | Buffer) => {
    const file = join(folder, 'mine.sql')
    await writeFile(file, content)
    return readScript(await loadScriptText(file), { file, dialect: 'sqlite', variables: [] })
  }

  it('is read with the mark of its order of bytes, and with the ends of lines of Windows', async () => {
    const { statements } = await load('\ufeff\\set a 1\r\nselect :a;\r\n')
    expect(statements.map(({ sql }) => sql)).toEqual(['select ?'])
  })

  it.each<[string, string | Buffer]>([
    ['mine.sql cannot be used: it is empty. Nothing was sent.', ''],
    ['it is empty', ' \n\t'],
    ['it is empty', '\ufeff'],
    ['it is binary', Buffer.from([0x53, 0x51, 0x4c, 0])],
    ['line 2 is not UTF-8', Buffer.from('select 1;\nselect \xfc', 'latin1')],
    ['mine.sql:1:1, at "-- nothing": the script has no statement', '-- nothing\n'],
    ['it is larger than 1.00 MB', Buffer.alloc(1_000_001, 32)],
  ])('that is no script is refused: %s', async (error, content) => {
    await expect(load(content)).rejects.toThrow(error)
  })

  it('that is not there is refused', async () => {
    const file = join(folder, 'none.sql')
    await expect(loadScriptText(file)).rejects.toThrow('ENOENT')
  })
})
