/** A person with a Meveto account. */
export interface Person {
  /** The ID that `user-for-token` returns. An opaque string. */
  readonly mevetoId: string;
  readonly name: string;
}

/** An application registered with Meveto. */
export interface Application {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly name: string;
  /** The webhook URL. Absolute http or https URL. */
  readonly webhookUrl: string;
  /** The application's start page; OAuth redirects must stay on its origin. Absolute http or https URL. */
  readonly homeUrl: string;
}

const WEB_PROTOCOLS = ['http:', 'https:'];

/** People and registered applications of Meveto. */
export class Directory {
  readonly #people = new Map<string, Person>();
  readonly #applications = new Map<string, Application>();

  get people(): readonly Person[] {
    return [...this.#people.values()];
  }

  get applications(): readonly Application[] {
    return [...this.#applications.values()];
  }

  /** Adds a person, or replaces the one with the same Meveto ID. */
  addPerson(person: Person): void {
    this.#people.set(person.mevetoId, person);
  }

  /**
   * Registers an application, or replaces the one with the same client id.
   * @throws {TypeError} when one of its addresses is not an http or https URL
   */
  addApplication(application: Application): void {
    for (const name of ['webhookUrl', 'homeUrl'] as const) {
      if (!isWebUrl(application[name])) {
        throw new TypeError(
          `Application ${application.clientId}: ${name} is no http or https URL. Give an absolute one.`,
        );
      }
    }
    this.#applications.set(application.clientId, application);
  }

  person(mevetoId: string): Person | undefined {
    return this.#people.get(mevetoId);
  }

  application(clientId: string): Application | undefined {
    return this.#applications.get(clientId);
  }

  /** The person's name, or the Meveto ID for an unknown account. */
  nameOf(mevetoId: string): string {
    return this.#people.get(mevetoId)?.name ?? mevetoId;
  }
}

function isWebUrl(text: string): boolean {
  return URL.canParse(text) && WEB_PROTOCOLS.includes(new URL(text).protocol);
}
