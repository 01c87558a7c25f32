import { tmpdir } from 'node:os'
import { describe, expect, it } from 'vitest'
import { commandLine } from '../../../src/lib/config/command-line.ts'
import { resolveConfig } from '../../../src/lib/config/resolve.ts'
import type { SettingName } from '../../../src/lib/config/settings.ts'

const own: SettingName[] = ['db', 'users', 'threshold', 'benchKeys', 'seed']

async function lineOf(flags: Record<string, unknown>, env: Record<string, string> = {}, others: object = {}) {
  const config = await resolveConfig({ flags, env, cwd: tmpdir() })
  return commandLine(config, { command: 'load', settings: own, others: { ...others } })
}

describe('commandLine', () => {
  it('leaves out defaults and what the command has no flag for', async () => {
    expect(await lineOf({})).toBe('rushbench load')
    expect(await lineOf({}, { RUSHBENCH_USERS: '300', RUSHBENCH_ROWS: '5' })).toBe('rushbench load --users 300')
  })

  it('hides passwords and quotes what a shell would read', async () => {
    expect(await lineOf({ db: 'mysql://me:secret@localhost/x', seed: "it's" })).toBe(
      String.raw`rushbench load --db 'mysql://me:***@localhost/x' --seed 'it'\''s'`,
    )
  })

  it('repeats thresholds, and joins other lists', async () => {
    expect(await lineOf({ threshold: ['failures<1%', 'rps>5'], benchKeys: ['ascending', 'random'] })).toBe(
      "rushbench load --threshold 'failures<1%' --threshold 'rps>5' --keys ascending,random",
    )
  })

  it('has the flags that are no settings', async () => {
    const others = { stream: true, verify: false, ledger: ['a.jsonl', 'b.jsonl'], connections: 5, out: undefined }
    expect(await lineOf({}, {}, others)).toBe(
      'rushbench load --stream --ledger a.jsonl --ledger b.jsonl --connections 5',
    )
  })
})
