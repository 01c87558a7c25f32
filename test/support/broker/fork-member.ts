import { fork } from 'node:child_process'
import { once } from 'node:events'

/** Joins the group with another process, and kills it when it has taken something. Returns what that was. */
export async function forkMember(url: string, topic: string, group: string): Promise<string[]> {
  const member = fork(new URL('member.ts', import.meta.url), [url, topic, group], { execArgv: [] })
  const exited = once(member, 'exit').then(([code]) => {
    throw new Error(`the member ended with ${code}`)
  })
  try {
    const [taken] = await Promise.race([once(member, 'message'), exited])
    return taken as string[]
  } finally {
    exited.catch(() => {})
    member.kill('SIGKILL')
    if (member.exitCode === null && member.signalCode === null) await once(member, 'exit')
  }
}
