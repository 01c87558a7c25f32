const hidden = '***'

/** Names of parameters by which secrets are handed over; files that hold a key are none. */
const secretName =
  /pass|pwd|secret|token|credential|signature|bearer|jwt|^(?:sig|sid|otp|auth|authorization|access|session(?:[-_]?id)?)$|(?<!^ssl[-_]?)key(?!file$|words?$)/i

/** Whether a parameter of that name, which may be percent-encoded, hands over a secret. */
function isSecretName(name: string): boolean {
  return secretName.test(name.includes('%') ? decoded(name) : name)
}

/** Whether a parameter hands over a secret: by its name, or by one in its value (`AWS_SESSION_TOKEN:x`, `-c app.password=x`). */
export function handsOverSecret(name: string, value: string): boolean {
  return (
    isSecretName(name) ||
    decoded(value)
      .split(/[\s,;]/)
      .some(namesSecret)
  )
}

function namesSecret(part: string): boolean {
  const end = part.search(/[:=]/)
  return end > 0 && end < part.length - 1 && isSecretName(part.slice(0, end))
}

/** Byte by byte, so that what is encoded wrongly hides nothing; the names that are looked for are ASCII. */
function decoded(name: string): string {
  return name.replaceAll(/%([0-9a-f]{2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
}

/** A place in a text where a URL, or a user of one, may begin. */
const start = /(?<![a-z0-9+.-])[a-z][a-z0-9+.-]*:\/{0,2}/i

/** Schemes of URLs in which a user without a password is a token. */
const takesTokens = /^(?:nats|https?):/i

/** Headers and fields that hold secrets, in any notation, with all that stands behind them in their line. */
const fields =
  /((?:authorization|cookie|x-api-key|api[-_]?key)["']?\s{0,9}[:=]\s{0,9}["']?)[^\n'"]+|((?<![a-z])(?:password|passwd|pwd|secret|token)(?:=|["']\s{0,9}:\s{0,9}["'])|["'][\w-]{0,40}(?:password|passwd|pwd|secret|token|jwt)["']\s{0,9}:\s{0,9}["'])[^\s&'"]+|(\bbearer\s{1,9})[^\s'"]{4,}/gi

/**
 * A text for people without the passwords and tokens that URLs, headers and parameters in it hold: what may be printed
 * and saved. What is hidden already stays as it is.
 */
export function hideSecrets(text: string): string {
  if (!mayHoldSecrets.test(text)) return text
  return text.replaceAll(/\S+/g, hideInWord).replaceAll(fields, hideField)
}

/** Cheap, since most texts hold none. */
const mayHoldSecrets = /[@=]|authorization|cookie|bearer|key|password|passwd|pwd|secret|token|jwt/i

function hideField(found: string, header?: string, field?: string, scheme?: string): string {
  const name = header ?? field ?? scheme ?? ''
  return found.slice(name.length).startsWith(hidden) ? found : name + hidden
}

/** Does so with one word, such as the value of a flag, which may hold blanks. */
export function hideInWord(word: string): string {
  return hideParameters(hideUserInfo(word))
}

/** Everything from a URL's scheme to the last @ may be a password. */
function hideUserInfo(word: string): string {
  const end = word.lastIndexOf('@')
  const found = end < 0 ? null : start.exec(word.slice(0, end))
  if (!found) return word
  const [scheme] = found
  const from = found.index + scheme.length
  const info = word.slice(from, end)
  if (scheme.startsWith('file:') || isHidden(info)) return word
  // A user alone, as databases know it.
  if (scheme.includes('/') && !info.includes(':') && !takesTokens.test(scheme)) return word
  return `${word.slice(0, from)}${hidden}${word.slice(end)}`
}

/** So is the word that stands for one wherever people are told how a URL is written. */
function isHidden(info: string): boolean {
  return info === '' || /^(?:[^:@/?#]*:)?(?:\*\*\*|password)$/.test(info)
}

/** Matches the end of a word that holds a URL: a quote, brackets, the end of a sentence. */
const closing = /(?:['"][)\]}]{0,8})?[.,;:)]{0,8}$/

/** Hides the values of parameters that are secrets. The text behind one may belong to it, where an & or a # in it is not encoded. */
function hideParameters(word: string): string {
  for (const found of word.matchAll(/[?&#]([^=&?#\s'"]*)=([^&#\s'"]*)/g)) {
    const [pair, name = '', value = ''] = found
    if (value === '' || /^\*\*\*[.,;:)]*$/.test(value) || !handsOverSecret(name, value)) continue
    const end = closing.exec(word.slice(found.index + pair.length).slice(-8))?.[0] ?? ''
    return `${word.slice(0, found.index)}${pair[0]}${name}=${hidden}${end}`
  }
  return word
}

/** A path of HTTP without the secrets in its query and its fragment, where an & always ends a value. */
export function hideInPath(path: string): string {
  return path.replaceAll(/([?&#])([^=&?#]*)=([^&#]*)/g, (pair, before: string, name: string, value: string) =>
    handsOverSecret(name, value) ? `${before}${name}=${hidden}` : pair,
  )
}

/** Flags whose values are secrets, whatever they look like. */
const secretFlag = /^['"]?--(?:header|body|[\w-]{0,60}(?:token|secret|password))(?:=|$)/

/** The words of a command line without their secrets. A header that is not in quotes is several words. */
export function hideInWords(words: readonly string[]): string[] {
  let isSecret = false
  return words.map((word) => {
    if (secretFlag.test(word)) {
      isSecret = true
      const [name = ''] = word.split('=', 1)
      return name === word ? word : `${name}=${hidden}`
    }
    isSecret &&= !word.startsWith('--')
    return isSecret ? hidden : hideInWord(word).replaceAll(fields, hideField)
  })
}

/** A command line as it is typed, which may have words in quotes, without its secrets. */
export function hideInCommand(line: string): string {
  // A quote that is left open may stand before a password with blanks.
  const words = line.match(/(?:'[^']*(?:'|$)|"[^"]*(?:"|$)|[^\s'"])+/g) ?? []
  return hideInWords(words).join(' ')
}
