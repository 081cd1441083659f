/** The part of oidc-provider that the tests use. The package has no types of its own. */
declare module 'oidc-provider' {
  import type { RequestListener } from 'node:http'

  export interface Client {
    readonly clientId: string
  }

  export class Provider {
    constructor(issuer: string, configuration: Readonly<Record<string, unknown>>)
    callback(): RequestListener
    readonly Client: { find(clientId: string): Promise<Client> }
    readonly IdToken: new (
      claims: Readonly<Record<string, unknown>>,
      context: { readonly ctx: { readonly oidc: { readonly client: Client; readonly provider: Provider } } },
    ) => { scope: string; issue(options: { readonly use: 'idtoken' }): Promise<string> }
  }
}
