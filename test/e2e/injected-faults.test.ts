import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseReport } from '../../src/lib/record/parse.ts'
import type { LoadReport } from '../../src/lib/record/record.ts'
import { testEngines, type TestDatabase } from '../support/database/engines.ts'
import { createSandbox, type CliResult, type CliSandbox } from '../support/cli/sandbox.ts'

/** Users that ask for more than any API can do, and not in step: a booking is under way whenever something goes wrong. */
const bookings = `
import { defineScenario } from 'rushbench'

let tickets = 0

export default defineScenario({
  name: 'book',
  async run(user) {
    tickets++
    const body = { ticket_id: user.runId + '-' + tickets, schedule_id: 15_778_560 + 20 * user.random.integer(0, 30) }
    const answer = await user.request({ step: 'book', method: 'POST', path: '/reservations', body, wantBody: true })
    const outcome = user.outcomeOf(answer)
    const id = outcome === 'booked' ? { id: answer.json().id } : {}
    await user.ledger.record({ key: body.ticket_id, resource: body.schedule_id, outcome, ...id })
    // A server that is down is not asked again at once.
    await user.think(outcome === 'booked' ? [0, 10] : 50)
  },
})
`

/** One drop may find all answers just sent. The server is killed last: when it is back depends on the machine. */
const drops = ['drop-connections@1s', 'drop-connections@1200ms', 'drop-connections@1400ms']
const faults = [...drops, 'pause-database@2s:1500ms', 'kill-server@4s']

/** Failures from the second in which `fault` began to the one after it was over. */
function failuresIn({ timeline, faults: injected = [] }: LoadReport['load'], kind: string): number {
  const { atMs, lastedMs } = injected.find((fault) => fault.kind === kind)!
  const [first, last] = [Math.floor(atMs / 1000), Math.floor((atMs + lastedMs) / 1000) + 1]
  const rows = timeline.filter(({ second }) => second >= first && second <= last)
  return rows.reduce((sum, row) => sum + row.failures, 0)
}

for (const engine of testEngines.filter(({ name }) => name === 'sqlite' || name === 'mariadb')) {
  describe.skipIf(engine.open === null)(`load --fault on ${engine.name}`, () => {
    let place: TestDatabase
    let work: CliSandbox
    let load: LoadReport['load']
    let audit: LoadReport['audit']
    let output: CliResult

    beforeAll(async () => {
      place = await engine.open!()
      work = await createSandbox()
      await writeFile(join(work.folder, 'book.mjs'), bookings)
      const slots = ['--years', '1', '--capacity', '100000', '--db', place.url]
      await work.runJson(['migrate', '--db', place.url])
      await work.runJson(['insert-schedules', ...slots])
      const flags = faults.flatMap((fault) => ['--fault', fault])
      const users = ['--users', '50', '--duration', '10s', '--scenario', './book.mjs']
      output = await work.run(['load', ...users, ...flags, '--db', place.url])
      const file = join(work.folder, /report (.*)$/m.exec(output.stdout)![1]!)
      ;({ load, audit } = parseReport(await readFile(file, 'utf8'), file) as LoadReport)
    })

    afterAll(async () => {
      await work[Symbol.asyncDispose]()
      await place.remove()
    })

    it('loses nothing that was acknowledged', () => {
      // On a machine that is busy with other things the run may be said not to be valid.
      expect([0, 5]).toContain(output.code)
      expect(audit).toMatchObject({ lost: 0, duplicate: 0, oversold: 0, passed: true })
      expect(audit!.acknowledged).toBeGreaterThan(100)
    })

    it('says what was done, and when', () => {
      const dropped = { kind: 'drop-connections', detail: expect.stringMatching(/^[1-9]\d* connections broken off$/) }
      expect(load.faults).toMatchObject([
        ...drops.map(() => dropped),
        { kind: 'pause-database' },
        { kind: 'kill-server', detail: 'killed by SIGKILL and started again' },
      ])
      // Timers fire up to a millisecond early.
      for (const [index, atMs] of [1000, 1200, 1400, 2000, 4000].entries()) {
        expect(load.faults![index]!.atMs).toBeGreaterThan(atMs - 2)
      }
      for (const fault of faults) expect(output.stderr).toContain(`fault: ${fault}\n`)
      for (const kind of ['drop-connections', 'pause-database', 'kill-server']) {
        expect(output.stdout).toMatch(new RegExp(`^fault {6}${kind} at `, 'm'))
      }
    })

    it('really does it: connections break, answers stay out, the server is gone', () => {
      expect(failuresIn(load, 'drop-connections')).toBeGreaterThan(0)
      expect(failuresIn(load, 'kill-server')).toBeGreaterThan(0)
      expect(load.failureReasons['connection refused']).toBeGreaterThan(0)
      expect(load.outcomes.unknown).toBeGreaterThan(0)
      expect(load.faults![drops.length]!.lastedMs).toBeGreaterThanOrEqual(1490)
      expect(load.responseTime.max).toBeGreaterThan(1400)
    })

    it('goes on when it is over', () => {
      const last = load.timeline.find(({ second }) => second === 9)!
      expect(last.requests - last.failures).toBeGreaterThan(0)
      expect(load.interrupted).toBe(false)
    })
  })
}
