import { readdir } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeImage } from '../../../support/meetups/images.ts'
import { openRaw } from '../../../support/http/raw-client.ts'
import { startMeetups, type Meetups } from '../../../support/meetups/gateway.ts'
import { createPeople, type People } from '../../../support/meetups/gateway-users.ts'
import { meetupEngines } from '../../../support/meetups/meetup-database.ts'

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
    const bytes = makeImage('image/jpeg', Buffer.alloc(200_000, 7))
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

  test('are whole or not at all: nothing is kept of what breaks off', async () => {
    const owner = await people.newUser()
    const post = await people.newPost(owner.idToken)
    const head = (...rest: string[]) =>
      [
        `POST /images?post=${post} HTTP/1.1`,
        'Host: x',
        `Authorization: Bearer ${owner.idToken}`,
        'Content-Type: image/jpeg',
        ...rest,
        '',
        '',
      ].join('\r\n')
    const bytes = makeImage('image/jpeg', Buffer.alloc(100_000, 'x')).toString('latin1')
    const chunk = `${bytes.length.toString(16)}\r\n${bytes}\r\n`
    const before = await readdir(meetups.images)

    async function breakOff(text: string, how: 'destroy' | 'end' | 'resetAndDestroy', afterMs: number): Promise<void> {
      using client = await openRaw(meetups.origin, text)
      await sleep(afterMs)
      client.socket[how]()
      await client.closed
      expect(client.received).not.toContain(' 201 ')
    }

    const cut = [
      head(`Content-Length: ${bytes.length + 1}`) + bytes,
      head(`Content-Length: ${5 * 1024 * 1024}`) + bytes,
      head('Transfer-Encoding: chunked') + chunk,
      `${head('Transfer-Encoding: chunked')}${chunk}0\r\n`,
      `${head('Transfer-Encoding: chunked')}${chunk}zz\r\n`,
    ]
    await Promise.all(
      cut.flatMap((text) =>
        (['destroy', 'end', 'resetAndDestroy'] as const).flatMap((how) =>
          [0, 150].map((ms) => breakOff(text, how, ms)),
        ),
      ),
    )
    await expect.poll(() => readdir(meetups.images)).toEqual(before)
    const query = 'query ($post: ID!) { post(id: $post) { images { id } } }'
    expect((await meetups.ask(query, { post }, owner.idToken)).data.post.images).toEqual([])

    using whole = await openRaw(
      meetups.origin,
      `${head('Transfer-Encoding: chunked', 'Connection: close')}${chunk}0\r\n\r\n`,
    )
    await whole.closed
    expect(whole.received).toContain(' 201 ')
    expect(await readdir(meetups.images)).toHaveLength(before.length + 1)
    expect(meetups.errors).toEqual([])
  })

  test.each(['IMAGE/PNG', 'image/png; charset=x', 'Image/Png;x="y"'])('are of the type %s, too', async (type) => {
    const owner = await people.newUser()
    const post = await people.newPost(owner.idToken)
    const stored = await upload(post, makeImage('image/png', Buffer.alloc(100)), owner.idToken, type)
    expect(stored.status).toBe(201)
    const query = 'query ($post: ID!) { post(id: $post) { images { contentType } } }'
    expect((await meetups.ask(query, { post }, owner.idToken)).data.post.images).toEqual([{ contentType: 'image/png' }])
  })

  test('are refused when they are none, and 404 when there are none', async () => {
    const owner = await people.newUser()
    const post = await people.newPost(owner.idToken)
    expect(await upload(post, Buffer.from('<html>'), owner.idToken)).toMatchObject({ status: 422 })
    expect(await upload(post, Buffer.alloc(0), owner.idToken)).toMatchObject({ status: 422 })
    const image = makeImage('image/jpeg', Buffer.alloc(100))
    expect(await upload('x', image, owner.idToken)).toMatchObject({ status: 422 })
    expect(await upload(post, image.subarray(0, 20), owner.idToken)).toMatchObject({ status: 422 })
    const none = '00000000-0000-4000-8000-000000000000'
    expect((await fetch(`${meetups.origin}/images/${none}`)).status).toBe(404)
    expect(meetups.errors).toEqual([])
  })

  test("are refused as soon as that is clear, and what is left of them stands in nobody's way", async () => {
    const owner = await people.newUser()
    const post = await people.newPost(owner.idToken)
    const head = (bytes: number) =>
      [
        `POST /images?post=${post} HTTP/1.1`,
        'Host: x',
        `Authorization: Bearer ${owner.idToken}`,
        'Content-Type: image/jpeg',
        `Content-Length: ${bytes}`,
        '',
        '',
      ].join('\r\n')
    using client = await openRaw(meetups.origin, head(6_000_000) + 'x'.repeat(1000))
    await expect.poll(() => client.received).toContain('The image is no image/jpeg')
    // A promise that nobody holds would end the process by now.
    await sleep(50)
    client.socket.write('x'.repeat(6_000_000 - 1000))
    const image = makeImage('image/jpeg', Buffer.alloc(100)).toString('latin1')
    client.socket.write(head(image.length) + image, 'latin1')
    await expect.poll(() => client.received).toContain(' 201 ')
    expect(client.received.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 422', 'HTTP/1.1 201'])
    expect(meetups.errors).toEqual([])
  })
})
