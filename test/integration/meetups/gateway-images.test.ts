import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startMeetups, type Meetups } from './gateway.ts'
import { createPeople, type People } from './people.ts'
import { meetupEngines } from './places.ts'

const jpegHead = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1])

const { open } = meetupEngines[0]!

describe('images at the gateway', () => {
  let meetups: Meetups
  let people: People

  beforeAll(async () => {
    meetups = await startMeetups(open!)
    people = createPeople(meetups)
  })
  afterAll(() => meetups[Symbol.asyncDispose]())

  async function upload(post: string, body: Buffer, idToken: string, type = 'image/jpeg') {
    const response = await fetch(`${meetups.origin}/images?post=${post}`, {
      method: 'POST',
      headers: { 'content-type': type, ...(idToken !== '' && { authorization: `Bearer ${idToken}` }) },
      body: new Uint8Array(body),
    })
    return { status: response.status, body: (await response.json()) as { id?: string; path?: string; error?: string } }
  }

  test('come from the owner of the post alone, and back as they were', async () => {
    const [owner, other] = [await people.newUser(), await people.newUser()]
    const post = await people.newPost(owner.idToken)
    const bytes = Buffer.concat([jpegHead, Buffer.alloc(200_000, 7)])
    expect(await upload(post, bytes, '')).toMatchObject({ status: 401, body: { error: 'unauthenticated' } })
    expect(await upload(post, bytes, other.idToken)).toMatchObject({ status: 403, body: { error: 'forbidden' } })
    const stored = await upload(post, bytes, owner.idToken)
    expect(stored.status).toBe(201)
    const image = await fetch(`${meetups.origin}${stored.body.path}`)
    expect(Buffer.from(await image.arrayBuffer()).equals(bytes)).toBe(true)
    expect(image.headers.get('x-content-type-options')).toBe('nosniff')
    const query = 'query ($post: ID!) { post(id: $post) { images { id path bytes contentType } } }'
    const { data } = await meetups.ask(query, { post }, owner.idToken)
    expect(data.post.images).toEqual([
      { id: stored.body.id, path: stored.body.path, bytes: bytes.length, contentType: 'image/jpeg' },
    ])
  })

  test('are refused when they are none, and 404 when there are none', async () => {
    const owner = await people.newUser()
    const post = await people.newPost(owner.idToken)
    expect(await upload(post, Buffer.from('<html>'), owner.idToken)).toMatchObject({ status: 422 })
    expect(await upload(post, Buffer.alloc(0), owner.idToken)).toMatchObject({ status: 422 })
    expect(await upload('x', jpegHead, owner.idToken)).toMatchObject({ status: 422 })
    const none = '00000000-0000-4000-8000-000000000000'
    expect((await fetch(`${meetups.origin}/images/${none}`)).status).toBe(404)
    expect(meetups.errors).toEqual([])
  })
})
