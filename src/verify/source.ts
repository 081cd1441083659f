/** Reading of documents, in Node and in browsers. */
import { problemOf } from './document.ts'
import { Refusal } from './json.ts'

/** @throws Error for bytes that are no UTF-8 */
export function textOf(bytes: ArrayBuffer | Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
}

export function isUrl(source: string): boolean {
  return /^https?:\/\//.test(source)
}

/** @throws Refusal for every answer that is no success, and when there is none */
export async function fetchOk(url: string): Promise<Response> {
  const response = await fetch(url).catch((error: unknown) => {
    throw new Refusal(`${url} could not be fetched: ${error instanceof Error ? error.message : String(error)}`)
  })
  if (response.ok) return response
  const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json')
  throw new Refusal(`${url} answered ${isProblem ? problemOf(await response.text()) : response.status}`)
}
