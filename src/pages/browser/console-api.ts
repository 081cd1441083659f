/// <reference lib="dom" />
/** Requests to the API with a token, which nothing but this object holds. */

interface Page<Item> {
  readonly items: readonly Item[]
  readonly next_cursor: string | null
}

/** A refusal in the words of its problem document. */
export class Refused extends Error {
  override readonly name = 'Refused'
}

export class Api {
  readonly #token: string

  constructor(token: string) {
    this.#token = token
  }

  /** @throws Refused */
  async get<Body>(path: string): Promise<Body> {
    return (await (await this.#send('GET', path)).json()) as Body
  }

  /** @throws Refused */
  async text(path: string): Promise<string> {
    return (await this.#send('GET', path)).text()
  }

  /** Sends a request without a body. @throws Refused */
  async post<Body>(path: string): Promise<Body | undefined> {
    const answer = await this.#send('POST', path)
    return answer.status === 204 ? undefined : ((await answer.json()) as Body)
  }

  /** One page of a list. @throws Refused */
  page<Item>(path: string, query: Readonly<Record<string, string>>): Promise<Page<Item>> {
    return this.get(withQuery(path, query))
  }

  /** All items of a list, page by page. @throws Refused */
  async *all<Item>(path: string, query: Readonly<Record<string, string>> = {}): AsyncGenerator<Item> {
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: Page<Item> = await this.page(path, { ...query, limit: '100', ...(cursor && { cursor }) })
      yield* page.items
      cursor = page.next_cursor
    }
  }

  async #send(method: string, path: string): Promise<Response> {
    const headers = { authorization: `Bearer ${this.#token}` }
    const answer = await fetch(path, { method, headers, cache: 'no-store' }).catch(() => {
      throw new Refused('The service did not answer. Try again.')
    })
    if (!answer.ok) throw new Refused(await reasonIn(answer))
    return answer
  }
}

export function withQuery(path: string, query: Readonly<Record<string, string>>): string {
  const given = new URLSearchParams(query).toString()
  return given === '' ? path : `${path}?${given}`
}

/** The command that sends the same request. The shell knows the token, this line does not. */
export function curlOf(method: 'GET' | 'POST', path: string): string {
  const url = `'${new URL(path, location.origin).href.replaceAll("'", '%27')}'`
  return `curl ${method === 'POST' ? '-X POST ' : ''}-H "Authorization: Bearer $TOKEN" ${url}`
}

async function reasonIn(answer: Response): Promise<string> {
  const { detail } = (await answer.json().catch(() => ({}))) as { readonly detail?: unknown }
  return typeof detail === 'string' ? detail : `The service answered ${answer.status}.`
}
