import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Store } from '../../../../src/lib/ports/database.ts'
import { sagasOf, channelOf, createWatch } from '../../../../src/lib/workloads/meetups/saga/index.ts'
import { RpcError } from '../../../../src/lib/workloads/meetups/rpc/errors.ts'
import { startRunner, type Runner, type RunnerTimes } from '../../../../src/lib/workloads/meetups/saga/runner.ts'
import { sagas, type SagaRow } from '../../../../src/lib/workloads/meetups/saga/tables.ts'
import { createMeetupBackends, type MeetupBackends } from '../../../support/meetups/meetup-backends.ts'
import { meetupEngines } from '../../../support/meetups/meetup-database.ts'
import { clientsOf, createServices, newPost, uploadImage, type Services } from '../../../support/meetups/services.ts'

const times: RunnerTimes = { staleMs: 0, lookEveryMs: 20, retryMs: [5, 50] }

/** From some call on, nothing that is asked is answered: as for a process that has died, seen from inside. */
interface Death {
  /** The object with every call counted, once before it is made and once after. */
  wrap<T extends object>(target: T): T
  readonly isDead: () => boolean
}

function dieAt(point: number): Death {
  let reached = 0
  const pass = (): Promise<void> => (++reached >= point ? new Promise(() => {}) : Promise.resolve())
  return {
    isDead: () => reached >= point,
    wrap: (target) =>
      new Proxy(target, {
        get(on, name) {
          const method: unknown = Reflect.get(on, name)
          if (typeof method !== 'function') return method
          return async (...given: unknown[]) => {
            await pass()
            const answer: unknown = await Reflect.apply(method, on, given)
            await pass()
            return answer
          }
        },
      }),
  }
}

for (const engine of meetupEngines) {
  describe.skipIf(engine.open === null)(`sagas on ${engine.name}`, () => {
    let place: MeetupBackends
    let store: Store
    let services: Services
    let runners: Runner[]
    let errors: Error[]
    let owner: string

    beforeEach(async () => {
      place = await createMeetupBackends(engine.open!)
      store = place.database.store
      services = await createServices(place)
      runners = []
      errors = []
      owner = randomUUID()
    })

    afterEach(async () => {
      await Promise.all(runners.map((runner) => runner.close()))
      await services.announcer.close()
      await place[Symbol.asyncDispose]()
    })

    function start(over: Partial<Services> = {}, on: Store = store, given: Partial<RunnerTimes> = {}): Runner {
      const clients = clientsOf({ ...services, ...over })
      const onError = (error: Error) => errors.push(error)
      const onMove = ({ id }: SagaRow) => services.pubsub.publish(channelOf(id), '')
      return startRunner({ store: on, clients, onError, onMove }, { ...times, ...given })
    }

    /** A post with an image, and the saga that is to begin. */
    async function post(): Promise<{ id: string; saga: SagaRow }> {
      const request = newPost(owner)
      await uploadImage(services.images, request.id)
      const { sagaId } = await services.posts.createPost(request)
      const payload = { postId: request.id, userId: owner, sagaId }
      const event = { id: randomUUID(), type: 'post-created', aggregate: request.id, at: 0, payload } as const
      return { id: request.id, saga: sagasOf(event)[0]! }
    }

    const stepOf = async (saga: SagaRow) => (await store.find(sagas, { id: saga.id }))[0]?.step
    async function isStep(saga: SagaRow, step: string): Promise<void> {
      await expect.poll(() => stepOf(saga), { timeout: 20_000, interval: 10 }).toBe(step)
    }

    async function expectApproved(id: string): Promise<void> {
      expect((await services.posts.getPosts({ ids: [id] })).posts).toMatchObject([{ state: 'approved' }])
      expect((await services.chat.getMembers({ roomIds: [id] })).members).toMatchObject([{ userId: owner }])
      expect((await services.images.getImages({ ownerIds: [id] })).images).toHaveLength(1)
    }

    async function expectRejected(id: string): Promise<void> {
      expect((await services.posts.getPosts({ ids: [id] })).posts).toMatchObject([{ state: 'rejected' }])
      expect(await services.chat.getRooms({ roomIds: [id] })).toEqual({ rooms: [] })
      expect(await services.images.getImages({ ownerIds: [id] })).toEqual({ images: [] })
    }

    it('approve a post once it has its room', async () => {
      const runner = start()
      runners.push(runner)
      const { id, saga } = await post()
      await runner.begin([saga])
      await isStep(saga, 'approved')
      await runner.begin([saga])
      await expectApproved(id)
      expect(await store.count(sagas)).toBe(1)
    })

    it('reject a post whose room cannot be made, without its images', async () => {
      const runner = start()
      runners.push(runner)
      const { id, saga } = await post()
      await services.chat.closeRoom({ roomId: id })
      await runner.begin([saga])
      await isStep(saga, 'rejected')
      await expectRejected(id)
      expect((await store.find(sagas, { id: saga.id }))[0]?.reason).toContain('The room is closed')
    })

    it('wait for a chat that is away, and give up after a while, also where it may have made the room', async () => {
      let isAway = true
      const chat = {
        ...services.chat,
        async createRoom(request: Parameters<typeof services.chat.createRoom>[0]) {
          const room = await services.chat.createRoom(request)
          if (isAway) throw new RpcError('unavailable', 'A service does not answer')
          return room
        },
      }
      const [waits, givesUp] = [await post(), await post()]
      const patient = start({ chat })
      await patient.begin([waits.saga])
      await expect.poll(() => errors.length).toBeGreaterThan(0)
      expect(await stepOf(waits.saga)).toBe('began')
      isAway = false
      await isStep(waits.saga, 'approved')
      await patient.close()
      isAway = true
      const impatient = start({ chat }, store, { patienceMs: 50 })
      runners.push(impatient)
      await impatient.begin([givesUp.saga])
      await isStep(givesUp.saga, 'rejected')
      await expectApproved(waits.id)
      await expectRejected(givesUp.id)
    })

    it('leave nothing of a post that is deleted meanwhile', async () => {
      const { id, saga } = await post()
      await services.posts.deletePost({ id })
      const runner = start()
      runners.push(runner)
      await runner.begin([saga])
      await isStep(saga, 'rejected')
      expect(await services.chat.getRooms({ roomIds: [id] })).toEqual({ rooms: [] })
      expect(await services.images.getImages({ ownerIds: [id] })).toEqual({ images: [] })
    })

    it('come to the same end whoever drives them', async () => {
      const all = [start(), start(), start()]
      runners.push(...all)
      const posts = await Promise.all(Array.from({ length: 6 }, () => post()))
      for (const { id } of posts.slice(3)) await services.chat.closeRoom({ roomId: id })
      await Promise.all(all.map((runner) => runner.begin(posts.map(({ saga }) => saga))))
      for (const [n, { id, saga }] of posts.entries()) {
        await isStep(saga, n < 3 ? 'approved' : 'rejected')
        await (n < 3 ? expectApproved(id) : expectRejected(id))
      }
    })

    for (const end of ['approved', 'rejected'] as const) {
      it(`are taken up wherever their process died, on the way to be ${end}`, async () => {
        for (let point = 1; ; point++) {
          const { id, saga } = await post()
          if (end === 'rejected') await services.chat.closeRoom({ roomId: id })
          const death = dieAt(point)
          const { chat, images, posts } = services
          const over = { chat: death.wrap(chat), images: death.wrap(images), posts: death.wrap(posts) }
          // Nobody closes it: it is dead. It looks for sagas once, when there are none.
          const dying = start(over, death.wrap(store), { lookEveryMs: 600_000 })
          void dying.begin([saga])
          await expect.poll(async () => death.isDead() || (await stepOf(saga)) === end, { interval: 2 }).toBe(true)
          const isOver = !death.isDead()
          const next = start()
          // The broker brings the event again where it was not handled.
          await next.begin([saga])
          await isStep(saga, end)
          await (end === 'approved' ? expectApproved(id) : expectRejected(id))
          await next.close()
          if (isOver) break
          expect(point).toBeLessThan(60)
        }
      })
    }

    it('are shown to who watches them, from before they begin up to their end', async () => {
      const runner = start()
      runners.push(runner)
      const { saga } = await post()
      const watch = createWatch(store, services.pubsub)
      const steps: string[] = []
      const watching = (async () => {
        for await (const { step } of watch.watch({ sagaId: saga.id }, new AbortController().signal)) steps.push(step)
      })()
      await expect.poll(() => steps).toEqual(['waiting'])
      await runner.begin([saga])
      await watching
      expect(steps[0]).toBe('waiting')
      expect(steps.at(-1)).toBe('approved')
    })
  })
}
