import { describe, expect, it } from 'vitest'
import type { HttpClient } from '../../../../src/lib/ports/http-client.ts'
import { createVirtualClock } from '../../../support/load/virtual-clock.ts'
import { arrivals, get, ok, run, scenario, users } from '../../../support/load/virtual-run.ts'
import type { SocketOpener } from '../../../../src/lib/load/clients/http/web-sockets.ts'

/** Nobody listens, which is found out in no time. */
const refusing: HttpClient = {
  request: async () => ({ ...ok, status: 0, reason: 'connection refused', maybeExecuted: false }),
  close: async () => {},
}
/** A histogram's shortest time: a microsecond. */
const noTime = 0.001
const inNoTime = expect.objectContaining({ max: noTime })
/** No request is due at the very end. */
const model = users(1, 9950)

describe('a user whose request finds no connection', () => {
  it('tries again 100 ms later at the earliest, which is not charged to the server', async () => {
    const result = await run(createVirtualClock(), [scenario(get)], { model, client: refusing })
    // At 0, 100 ms, and so on up to 9.9 s.
    expect(result).toMatchObject({ requests: 100, failures: 100, responseTime: inNoTime, lateStartP99: noTime })
  })

  it('may do so in an iteration of its own making, which the end of the run ends', async () => {
    const insisting = scenario(async (user) => {
      for (;;) await get(user)
    })
    const result = await run(createVirtualClock(), [insisting], { model, client: refusing })
    expect(result).toMatchObject({ requests: 100, failures: 100, errors: 0 })
  })

  it('is not held up when it thinks for longer', async () => {
    const thinking = scenario(async (user) => {
      await get(user)
      await user.think(250)
    })
    expect(await run(createVirtualClock(), [thinking], { model, client: refusing })).toMatchObject({ requests: 40 })
    const barely = scenario(async (user) => {
      await get(user)
      await user.think(60)
    })
    const result = await run(createVirtualClock(), [barely], { model, client: refusing })
    // After 60 ms of thinking it waits for 40 more.
    expect(result).toMatchObject({ requests: 100, responseTime: inNoTime, lateStartP99: noTime })
  })

  it('is not held up when the server may have got the request', async () => {
    const clock = createVirtualClock()
    const client: HttpClient = {
      ...refusing,
      request: async () => {
        await new Promise<void>((resolve) => clock.schedule(10, resolve))
        return { ...ok, status: 0, reason: 'connection closed', maybeExecuted: true }
      },
    }
    expect(await run(clock, [scenario(get)], { model, client })).toMatchObject({ requests: 995, failures: 995 })
  })

  it('does not keep others from starting on a schedule', async () => {
    const result = await run(createVirtualClock(), [scenario(get)], { client: refusing, model: arrivals(50) })
    expect(result).toMatchObject({ requests: 500, failures: 500, skipped: 0, responseTime: inNoTime })
  })

  it('opens no WebSocket sooner either', async () => {
    const sockets: SocketOpener = {
      open: async () => ({ socket: null, reason: 'connection refused' }),
      close: async () => {},
    }
    const joining = scenario(async (user) => {
      await user.connect({ step: 'join', path: '/', protocol: 'chat', hello: '', isReady: () => true })
    })
    const result = await run(createVirtualClock(), [joining], { model, sockets })
    expect(result).toMatchObject({ requests: 100, failures: 100, lateStartP99: noTime })
  })
})

it('requests that were sent again are counted beside their answers', async () => {
  let asked = 0
  const clock = createVirtualClock()
  const client: HttpClient = {
    ...refusing,
    request: async () => {
      await new Promise<void>((resolve) => clock.schedule(100, resolve))
      return ++asked % 4 === 0 ? { ...ok, reconnected: true } : ok
    },
  }
  // 100 answers.
  expect(await run(clock, [scenario(get)], { model, client })).toMatchObject({
    requests: 100,
    failures: 0,
    reconnected: 25,
  })
})
