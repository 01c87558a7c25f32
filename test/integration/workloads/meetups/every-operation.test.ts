import { readdir } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startMeetups, type Meetups } from '../../../support/meetups/gateway.ts'
import { createPeople, inADay, type People, type Person } from '../../../support/meetups/gateway-users.ts'
import type { Subscription } from '../../../support/meetups/graphql.ts'
import { makeImage } from '../../../support/meetups/images.ts'
import { meetupEngines } from '../../../support/meetups/meetup-database.ts'

const noVariables = {}

describe('a client of the gateway', () => {
  let meetups: Meetups
  let people: People
  let owner: Person
  let guest: Person
  let stranger: Person
  let post: string
  let message: string
  const walked = new Set<string>()

  beforeAll(async () => {
    meetups = await startMeetups(meetupEngines[0]!.open!)
    people = createPeople(meetups)
  })
  afterAll(() => meetups[Symbol.asyncDispose]())

  /** Carries out an operation that works, and notes its fields at the root. */
  async function run(person: Person | null, query: string, variables: object = noVariables) {
    const { data, errors } = await meetups.ask(query, variables, person?.idToken)
    expect(errors).toBeUndefined()
    for (const name of Object.keys(data)) walked.add(name)
    return data
  }

  const codesOf = (person: Person, query: string) => people.codesOf(query, {}, person.idToken)

  /** The status, and the id of what was stored. */
  async function upload(person: Person, owned: string): Promise<{ status: number; id: string }> {
    const response = await fetch(`${meetups.origin}/images?${owned}`, {
      method: 'POST',
      headers: { 'content-type': 'image/png', authorization: `Bearer ${person.idToken}` },
      body: new Uint8Array(makeImage('image/png', Buffer.alloc(100))),
    })
    return { status: response.status, id: '', ...((await response.json()) as object) }
  }

  async function look(id: string, person?: Person): Promise<number> {
    const headers = person ? { authorization: `Bearer ${person.idToken}` } : {}
    return (await fetch(`${meetups.origin}/images/${id}`, { headers })).status
  }

  const remove = (id: string) => `mutation { deleteImage(id: "${id}") }`
  const files = () => readdir(meetups.images)

  test('takes part in a meetup', async () => {
    ;[owner, guest, stranger] = [await people.newUser(), await people.newUser(), await people.newUser()]
    post = await people.newPost(owner.idToken)
    await people.approved(post, owner.idToken)
    await run(guest, `mutation { createApplyPost(postId: "${post}") { id } }`)
    const member = async () => (await people.codesOf(`{ room(id: "${post}") { id } }`, {}, guest.idToken)).length
    await expect.poll(member).toBe(1)
    message = (await run(guest, `mutation { createMessage(roomId: "${post}", body: "A carp!") { id } }`)).createMessage
      .id
  })

  test('shows images of a post, an account and a message, and removes them with their files', async () => {
    const owners = [
      [owner, guest, `post=${post}`, `{ post(id: "${post}") { images { id } } }`],
      [guest, owner, `user=${guest.id}`, `{ user(id: "${guest.id}") { images { id } } }`],
      [guest, owner, `message=${message}`, `{ room(id: "${post}") { messages { messages { images { id } } } } }`],
    ] as const
    for (const [own, other, owned, list] of owners) {
      const before = await files()
      expect(await upload(other, owned)).toMatchObject({ status: 403 })
      const { status, id } = await upload(own, owned)
      expect(status).toBe(201)
      expect(JSON.stringify(await run(own, list))).toContain(id)
      expect(await look(id, own)).toBe(200)
      expect(await codesOf(other, remove(id))).toEqual([200, 'forbidden'])
      expect(await run(own, remove(id))).toEqual({ deleteImage: true })
      expect(await look(id, own)).toBe(404)
      expect(JSON.stringify(await run(own, list))).not.toContain(id)
      expect(await codesOf(own, remove(id))).toEqual([200, 'not-found'])
      expect(await files()).toEqual(before)
    }
    for (const wrong of ['', `post=${post}&user=${guest.id}`, 'message=x', `post=${post}&post=${post}`])
      expect(await upload(guest, wrong)).toMatchObject({ status: 422, error: 'invalid' })
  })

  test('shows images of messages to members of the room alone', async () => {
    const { id } = await upload(guest, `message=${message}`)
    expect([await look(id, owner), await look(id, stranger), await look(id)]).toEqual([200, 403, 401])
    expect(await upload(stranger, `message=${message}`)).toMatchObject({ status: 403 })
  })

  test('changes its address, sex and image, and keeps what it leaves out', async () => {
    const me = '{ currentUser { name email introduction sex image { id } } }'
    const { id } = await upload(stranger, `user=${stranger.id}`)
    const change = `mutation { updateUser(sex: FEMALE, image: "${id}", introduction: "Hi") { sex image { id path } } }`
    expect((await run(stranger, change)).updateUser).toEqual({ sex: 'FEMALE', image: { id, path: `/images/${id}` } })
    await run(stranger, 'mutation { updateUser(email: "New@example.org") { email } }')
    const shown = { introduction: 'Hi', sex: 'FEMALE', image: { id } }
    expect((await run(stranger, me)).currentUser).toMatchObject({ ...shown, email: 'New@example.org' })
    const login = (email: string) => `mutation { login(email: "${email}", password: "carp-and-trout") { user { id } } }`
    expect((await run(null, login('new@example.org'))).login.user.id).toBe(stranger.id)
    expect(await codesOf(stranger, login(stranger.email))).toEqual([200, 'unauthenticated'])
    const taken = `mutation { updateUser(email: "${owner.email}") { id } }`
    expect(await codesOf(stranger, taken)).toEqual([200, 'taken'])
    const notMine = `mutation { updateUser(image: "${id}") { id } }`
    expect(await codesOf(guest, notMine)).toEqual([200, 'forbidden'])
    await run(stranger, remove(id))
    await run(stranger, 'mutation { updateUser(sex: null) { id } }')
    expect((await run(stranger, me)).currentUser).toMatchObject({ introduction: 'Hi', sex: null, image: null })
  })

  test('can carry out every operation of the schema', async () => {
    const input = `{ title: "T", content: "C", prefecture: 1, spotType: SEA, fishTypes: [EEL], maxApply: 1, meetingAt: "${inADay()}" }`
    const { createPost } = await run(owner, `mutation { createPost(input: ${input}) { sagaId post { id } } }`)
    await using saga = await meetups.subscribe(
      `subscription { createPostResult(sagaId: "${createPost.sagaId}") { step } }`,
      owner.idToken,
    )
    await using chat = await meetups.subscribe(
      `subscription { messageAdded(roomId: "${post}", after: "${message}") { body } }`,
      owner.idToken,
    )
    await run(owner, `mutation { createMessage(roomId: "${post}", body: "Where?") { id } }`)
    const last = ({ seen }: Subscription) => Object.entries(seen.at(-1)?.data ?? {})[0]
    await expect.poll(() => last(saga)).toEqual(['createPostResult', { step: 'APPROVED' }])
    await expect.poll(() => last(chat)).toEqual(['messageAdded', { body: 'Where?' }])
    for (const subscription of [saga, chat]) walked.add(last(subscription)![0])
    await run(null, '{ posts { edges { node { id } } } }')
    await run(owner, `mutation { updatePost(id: "${post}", input: ${input}) { title } }`)
    await run(guest, `mutation { deleteApplyPost(postId: "${post}") }`)
    await run(owner, `mutation { deletePost(id: "${post}") }`)
    const signUp =
      'mutation { createUser(email: "z@example.org", name: "Z", password: "carp-and-trout") { tokens { refreshToken } } }'
    const { refreshToken } = (await run(null, signUp)).createUser.tokens
    const renew = `mutation { refreshIDToken(refreshToken: "${refreshToken}") { idToken refreshToken } }`
    const renewed = (await run(null, renew)).refreshIDToken
    const passwords = 'oldPassword: "carp-and-trout", newPassword: "eel-and-carp"'
    await run({ ...owner, ...renewed }, `mutation { updatePassword(${passwords}) }`)
    await run(null, `mutation { logout(refreshToken: "${renewed.refreshToken}") }`)
    const { __schema: roots } = (
      await meetups.ask(
        `{ __schema { ${['query', 'mutation', 'subscription'].map((kind) => `${kind}Type { fields { name } }`).join(' ')} } }`,
      )
    ).data
    const all = Object.values<{ fields: { name: string }[] }>(roots).flatMap(({ fields }) =>
      fields.map(({ name }) => name),
    )
    expect([...walked].sort()).toEqual(all.sort())
    expect(meetups.errors).toEqual([])
  })

  test('finds no image of a post that was deleted, nor of what was said about it', async () => {
    const kept = async () => (await files()).length
    await expect.poll(kept).toBe(0)
    expect(await upload(guest, `message=${message}`)).toMatchObject({ status: 404 })
  })
})
