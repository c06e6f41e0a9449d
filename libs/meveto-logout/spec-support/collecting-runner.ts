import { expect } from '@jest/globals';

type Work = () => Promise<void>;

class Suite {
  readonly beforeAll: Work[] = [];
  readonly beforeEach: Work[] = [];
  readonly afterAll: Work[] = [];
  readonly members: (Suite | { readonly title: string; readonly test: Work })[] = [];

  constructor(
    readonly title: string,
    readonly parent?: Suite,
  ) {}
}

/** A test runner with the few functions that the conformance suite needs. */
export class CollectingRunner {
  readonly passed: string[] = [];
  readonly failed: string[] = [];
  #current = new Suite('');

  readonly expect = expect;
  readonly it = (title: string, test: Work): void => void this.#current.members.push({ title, test });
  readonly beforeAll = (work: Work): void => void this.#current.beforeAll.push(work);
  readonly beforeEach = (work: Work): void => void this.#current.beforeEach.push(work);
  readonly afterAll = (work: Work): void => void this.#current.afterAll.push(work);
  readonly describe = (title: string, tests: () => void): void => {
    const parent = this.#current;
    const suite = new Suite(title, parent);
    parent.members.push(suite);
    this.#current = suite;
    tests();
    this.#current = parent;
  };

  /** Runs the tests one by one. */
  async run(suite = this.#current): Promise<void> {
    for (const work of suite.beforeAll) await work();
    for (const member of suite.members) {
      if (member instanceof Suite) await this.run(member);
      else await this.#runTest(suite, member.title, member.test);
    }
    for (const work of suite.afterAll) await work();
  }

  async #runTest(suite: Suite, title: string, test: Work): Promise<void> {
    const suites: Suite[] = [];
    for (let each: Suite | undefined = suite; each !== undefined; each = each.parent) suites.unshift(each);
    const name = [...suites.slice(1).map((each) => each.title), title].join(' > ');
    try {
      for (const each of suites) for (const work of each.beforeEach) await work();
      await test();
      this.passed.push(name);
    } catch {
      this.failed.push(name);
    }
  }
}
