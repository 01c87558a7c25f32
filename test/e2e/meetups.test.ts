import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AuditReport, LoadReport } from '../../src/lib/record/record.ts'
import { connectRpc } from '../../src/lib/workloads/meetups/rpc/client.ts'
import { findPorts } from '../support/free-ports.ts'
import { ask } from '../support/meetups/graphql.ts'
import { startS3 } from '../support/meetups/s3.ts'
import { createSandbox, type RunningCli, type CliSandbox } from '../support/cli/sandbox.ts'

const meetups = ['--workload', 'meetups']

const hasImages = ({ name }: { readonly name: string }) => name === 'uploadImage'

describe('the meetups, with no server at all', () => {
  let work: CliSandbox

  beforeAll(async () => {
    work = await createSandbox()
  })
  afterAll(() => work[Symbol.asyncDispose]())

  it('are loaded and audited', async () => {
    const report = await work.runJson<LoadReport>(['load', ...meetups, '--users', '10', '--duration', '5s'])
    expect(report.audit).toMatchObject({ passed: true })
    expect(report.load.steps.map(({ name }) => name)).toEqual(expect.arrayContaining(['posts', 'post', 'login']))
  })

  it('keep the images of hosts in S3, give them as they were, and miss those that are gone', async () => {
    // Its own: something is taken away in it.
    await using place = await createSandbox()
    await using s3 = await startS3()
    const images = ['--images', `s3://${s3.bucket}/trial`]
    const hosts = ['--mix', 'host', '--users', '5', '--duration', '12s']
    const report = await place.runJson<LoadReport>(['load', ...meetups, ...images, ...hosts], s3.env)
    expect((await s3.keys()).length).toBeGreaterThanOrEqual(report.load.steps.find(hasImages)!.requests)
    expect(report.audit).toMatchObject({ passed: true })
    expect(report.load.failures).toBe(0)
    const counts = new Map(report.load.steps.map(({ name, requests }) => [name, requests]))
    expect(counts.get('uploadImage')).toBeGreaterThan(0)
    expect(counts.get('image')).toBeGreaterThan(0)
    const database = new DatabaseSync(join(place.folder, '.rushbench/rushbench.db'))
    expect(database.prepare('DELETE FROM meetup_image_images').run().changes).toBeGreaterThan(0)
    database.close()
    const audit = ['audit', ...meetups, '--ledger', report.ledger!, '--json']
    const { code, stdout } = await place.run(audit)
    expect(code).not.toBe(0)
    const { audit: found } = JSON.parse(stdout) as AuditReport
    expect(found.lost).toBeGreaterThanOrEqual(counts.get('image')!)
  })

  it('serve with parts in several processes', async () => {
    const first = await findPorts(7)
    const running: RunningCli[] = []
    const env = { RUSHBENCH_SERVICE_SECRET: randomBytes(32).toString('hex') }
    const start = (...flags: string[]) => {
      const cli = work.start(['start', ...meetups, '--service-port', String(first), ...flags], env)
      running.push(cli)
      return cli.waitFor(/Listening on (\S+) /)
    }
    try {
      const [gateway] = await Promise.all([
        start('--service', 'gateway,image', '--port', '0'),
        start('--service', 'saga,user,post'),
        start('--service', 'relay,chat', '--service-health-port', String(first + 6)),
      ])
      const { data } = await ask(gateway[1]!, '{ posts(first: 3) { edges { node { title user { name } } } } }')
      expect(data.posts.edges).toHaveLength(3)
      const stranger = await connectRpc('UserService', {
        part: 'user',
        address: `127.0.0.1:${first}`,
        secret: 'a guess',
      })
      await expect(stranger.api.getUsers({ ids: [] })).rejects.toMatchObject({ code: 'unavailable' })
      stranger.close()
      const health = await connectRpc('Health', { part: 'chat', address: `127.0.0.1:${first + 6}`, secret: 'none' })
      expect(await health.api.check({ service: 'rushbench.meetups.ChatService' })).toEqual({ status: 'SERVING' })
      health.close()
    } finally {
      for (const { child } of running) child.kill('SIGTERM')
      for (const { result } of running) expect(await result).toMatchObject({ code: 0, stderr: '' })
    }
    expect(await work.runJson<AuditReport>(['audit', ...meetups])).toMatchObject({ audit: { passed: true } })
  })
})
