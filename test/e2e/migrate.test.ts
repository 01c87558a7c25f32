import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSandbox, type CliSandbox } from '../support/cli/sandbox.ts'

describe('migrate --status', () => {
  let work: CliSandbox
  const db = ['--db', 'sqlite:altered.db']

  beforeAll(async () => {
    work = await createSandbox()
  })
  afterAll(() => work[Symbol.asyncDispose]())

  it('ends with 3 where tables are missing, and with 0 where they are as migrate makes them', async () => {
    const plan = await work.runJson(['migrate', '--dry-run', ...db])
    expect(plan).toMatchObject({
      changed: [],
      planned: [
        { number: 1, statements: expect.arrayContaining([expect.stringMatching(/^create table "schedules"/)]) },
      ],
    })
    const missing = await work.run(['migrate', '--status', ...db])
    expect(missing).toMatchObject({ code: 3 })
    expect(missing.stdout).toMatch(/reservations +missing/)
    expect(missing.stdout).toMatch(/^1 +pending +- +the tables of 0\.1\.0$/m)
    expect(existsSync(join(work.folder, 'altered.db'))).toBe(false)
    await work.runJson(['migrate', '--to', '1', ...db])
    expect(await work.run(['migrate', '--to', '99', ...db])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no step 99'),
    })
    expect(await work.run(['migrate', '--status', ...db])).toMatchObject({ code: 0 })
  })

  it('says what was altered, and names what is there beside', async () => {
    const file = new DatabaseSync(join(work.folder, 'altered.db'))
    file.exec('drop index reservations_schedule_id_index; create index by_ticket on reservations (ticket_id)')
    file.close()
    const { code, stdout } = await work.run(['migrate', '--status', ...db])
    expect(code).toBe(3)
    expect(stdout).toMatch(/schedules +present\nreservations +differs\n/)
    expect(stdout).toContain('differs: reservations lacks index (schedule_id)\n')
    expect(stdout).toContain('allowed: reservations also has index by_ticket (ticket_id)\n')

    const json = await work.run(['migrate', '--status', '--json', ...db])
    expect(json.code).toBe(3)
    expect(JSON.parse(json.stdout)).toMatchObject({
      tables: [
        { name: 'schedules', state: 'present', differences: [], extras: [] },
        {
          name: 'reservations',
          state: 'differs',
          differences: [{ what: 'index', expected: '(schedule_id)', found: null }],
          extras: [{ what: 'index', name: 'by_ticket', of: '(ticket_id)' }],
        },
      ],
    })
    expect((await work.run(['migrate', '--dry-run', ...db])).stdout).toContain('Nothing is left to be applied.')
    // Only --status judges.
    expect(await work.run(['migrate', ...db])).toMatchObject({ code: 0 })
  })
})
