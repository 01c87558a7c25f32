const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** Whether a text is a token (RFC 9110, 5.6.2): what methods, names of headers and subprotocols are made of. */
export function isToken(text: string): boolean {
  return token.test(text)
}
