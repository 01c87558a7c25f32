import { spawnSync } from 'node:child_process'
import { readdir, readFile, rmdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSandbox, type CliSandbox } from '../support/cli/sandbox.ts'

const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string
}

it('is not built again by npx, which prepares it at its first use', () => {
  const prepare = fileURLToPath(new URL('../../dev/prepare.js', import.meta.url))
  expect(spawnSync(process.execPath, [prepare, '--check']).status).toBe(0)
})

describe('the command line', () => {
  let work: CliSandbox
  beforeAll(async () => void (work = await createSandbox()))
  afterAll(() => work[Symbol.asyncDispose]())

  it.each([
    ['load --user 3', 'load has no flag --user. Did you mean --users? See "rushbench load --help".'],
    ['load --zzzz', 'load has no flag --zzzz. See "rushbench load --help".'],
    ['load extra', 'load has no place for extra. See "rushbench load --help".'],
    ['report a b', 'report has no place for b. See "rushbench report --help".'],
    ['report', 'report needs FILE (saved report). See "rushbench report --help".'],
    ['lod --users 3', 'There is no command lod. Did you mean load? See "rushbench --help".'],
    ['help lod', 'There is no command lod. Did you mean load? See "rushbench --help".'],
    ['lod -h', 'There is no command lod. Did you mean load? See "rushbench --help".'],
    ['load --users', '--users needs a value. See "rushbench load --help".'],
    ['load --users 3 --users 4', '--users can be given only once. See "rushbench load --help".'],
    ['load --users many', 'users (from --users) cannot be many. Allowed: a whole number from 1 to 1000000.'],
    ['load --rate 3 --users 4', '--users and --rate cannot be given together. See "rushbench load --help".'],
    ['compare --pairs x', '--pairs cannot be x. Allowed: a whole number. See "rushbench compare --help".'],
    ['compare --pairs 0', '--pairs cannot be 0. Allowed: 1 or more. See "rushbench compare --help".'],
    ['compare --metric x', '--metric needs --history as well. See "rushbench compare --help".'],
    ['compare --format x', '--format cannot be x. Allowed: table, markdown, junit. See "rushbench compare --help".'],
  ])('answers %s in one sentence, as text and as JSON, with exit code 2', async (line, message) => {
    const [text, json] = await Promise.all([work.run(line.split(' ')), work.run([...line.split(' '), '--json'])])
    expect(text).toEqual({ code: 2, stdout: '', stderr: `Error: ${message}\n` })
    expect({ ...json, stdout: JSON.parse(json.stdout) as unknown }).toEqual({
      code: 2,
      stdout: { error: { code: expect.stringMatching(/^(usage-wrong|setting-invalid)$/), message, exitCode: 2 } },
      stderr: '',
    })
  })

  it.runIf(process.platform === 'linux')('ends before any work where no folder can be made', async () => {
    const lines = [
      ['migrate --db sqlite:/proc/nope/x.db', 'sqlite:/proc/nope/x.db is not a database that can be used: its folder'],
      ['load --users 5 --reports /proc/nope', 'The report cannot be saved as /proc/nope: no folder can be made'],
      ['load --users 5 --ledger /proc/nope/x', 'The ledger /proc/nope/x cannot be written: no folder can be made'],
      ['insert-reservations --reports /proc/nope', 'The report cannot be saved as /proc/nope'],
      ['insert-reservation-bench --reports /proc/nope', 'The report cannot be saved as /proc/nope'],
      ['audit --reports /proc/nope', 'The report cannot be saved as /proc/nope'],
      ['publish --reports /proc/nope', 'The report cannot be saved as /proc/nope'],
      ['compare --run migrate --run migrate --reports /proc/nope', 'The report cannot be saved as /proc/nope'],
      ['compare a b --html /proc/nope/x.html', '/proc/nope/x.html cannot be written'],
    ] as const
    const ended = await Promise.all(lines.map(([line]) => work.run(line.split(' '))))
    expect(ended).toEqual(
      lines.map(([, said]) => ({ code: 1, stdout: '', stderr: expect.stringContaining(`Error: ${said}`) })),
    )
    expect(await readdir(work.folder)).toEqual([])
  })

  it('ends before any work where a service cannot be used', async () => {
    const unknown = 'has a parameter bad that is not known'
    const lines = [
      ['load --users 5 --cache redis://127.0.0.1:1', 1, 'Cannot reach the cache redis://127.0.0.1:1: '],
      ['load --users 5 --experiment cache --cache redis://127.0.0.1:1', 1, 'Cannot reach the cache'],
      ['load --users 5 --cache redis://127.0.0.1:1?bad=1', 2, unknown],
      ['load --users 5 --target http://127.0.0.1:1 --cache redis://127.0.0.1:1?bad=1', 2, unknown],
      ['load --users 5 --workload orders --broker nats://127.0.0.1:1', 1, 'Cannot reach the message broker'],
      ['load --users 5 --workers 2 --queue redis://127.0.0.1:1', 1, 'Cannot reach the queue redis://127.0.0.1:1: '],
      ['load --users 5 --workers 2 --queue redis://127.0.0.1:1?bad=1', 2, unknown],
      ['audit --workload stations --broker kafka://127.0.0.1:1?bad=1', 2, unknown],
      ['start --broker sqlite:x.db?bad=1', 2, unknown],
      ['publish --broker nats://127.0.0.1:1?bad=1', 2, unknown],
    ] as const
    const ended = await Promise.all(lines.map(([line]) => work.run(line.split(' '))))
    expect(ended.map(({ code, stdout, stderr }) => ({ code, stdout, stderr: stderr.replaceAll(/\s+/g, ' ') }))).toEqual(
      lines.map(([, code, said]) => ({ code, stdout: '', stderr: expect.stringContaining(said) })),
    )
    expect(await readdir(work.folder)).toEqual([])
  })

  it('says that its working directory was removed', async () => {
    await using gone = await createSandbox()
    await rmdir(gone.folder)
    // A shell that stands in the folder starts it; no process can be put into one that is not there.
    const script = `mkdir ${gone.folder}; cd ${gone.folder}; rmdir ${gone.folder}; exec "$0" "$1" migrate`
    const entry = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
    const { status, stderr } = spawnSync('sh', ['-c', script, process.execPath, entry], { encoding: 'utf8' })
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringContaining('Error: The working directory was'),
    })
  })

  it('shows help and version wherever they are asked for, also as JSON', async () => {
    const lines = ['-h', '--help', 'help', 'load -h', 'load --users 3 -h', 'help load', '-v', 'load -v', '--version']
    const shown = await Promise.all(lines.map((line) => work.run(line.split(' '))))
    expect(shown.map(({ code, stderr }) => ({ code, stderr }))).toEqual(lines.map(() => ({ code: 0, stderr: '' })))
    const [short, long, word, ofLoad, amidst, wordOfLoad, v, vOfLoad, longVersion] = shown.map(({ stdout }) => stdout)
    expect([long, word]).toEqual([short, short])
    expect(short).toMatch(/^ {2}insert-reservation-bench {2}/m)
    expect([amidst, wordOfLoad]).toEqual([ofLoad, ofLoad])
    expect(ofLoad).toMatch(/--users=/)
    expect([v, vOfLoad]).toEqual([longVersion, longVersion])
    expect(v).toContain(`rushbench/${version}`)
    expect(await work.runJson(['-v'])).toEqual({ version })
    expect(await work.runJson(['load', '-h'])).toEqual({ help: ofLoad?.trim() })
  })

  it('wraps what it says of a command at the width of the terminal', async () => {
    const { stdout } = await work.run(['insert-reservations', '-h'])
    const [, usage = '', description = ''] = /USAGE\n(.*?)\n\n.*DESCRIPTION\n(.*?)\n\nEXAMPLES/s.exec(stdout) ?? []
    expect(usage.split('\n')).toEqual([
      '  $ rushbench insert-reservations [--rows <value> | --number <value>] [FLAGS]',
      '  $ rushbench insert-reservations --resume [--rows <value>] [--verify] [FLAGS]',
      '  $ rushbench insert-reservations --verify [--db <value>] [--reports <value>]',
      '  $ rushbench insert-reservations --abandon [--db <value>]',
    ])
    expect(description, 'its summary stands above').not.toContain('Seed reservations in bulk')
    expect(stdout.indexOf('\nGLOBAL FLAGS')).toBeGreaterThan(stdout.indexOf('\nFLAGS'))
    const paragraphs = description.split(/\n\s*\n/).map((text) => text.split('\n'))
    for (const lines of paragraphs) {
      expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80)
      // A line that ends early, though the next word fits, is one that the source broke.
      for (const [index, line] of lines.slice(0, -1).entries())
        expect(line.length + 1 + lines[index + 1]!.trim().split(' ')[0]!.length).toBeGreaterThan(78)
    }
  })
})
