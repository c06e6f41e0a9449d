import type { Role } from '../../support/browser/tab.js';

/** A text or a regular expression, in a form that can be sent to a page. */
export interface TextPattern {
  readonly source: string;
  readonly flags: string;
}

/** One step from the elements found so far, at first the document, to those that are looked for. */
export type Step =
  | { readonly by: 'css'; readonly selector: string }
  | { readonly by: 'text'; readonly pattern: TextPattern }
  | { readonly by: 'label'; readonly pattern: TextPattern }
  | { readonly by: 'role'; readonly role: Role; readonly pattern: TextPattern }
  | { readonly by: 'index'; readonly index: number };

/** A text that contains this one, or equals it. Compared with text whose white space is normalized. */
export function patternOf(text: string | RegExp | undefined, isExact = false): TextPattern {
  if (text instanceof RegExp) return { source: text.source, flags: text.flags };
  const escaped = (text ?? '').replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return isExact ? { source: `^${escaped}$`, flags: '' } : { source: escaped, flags: 'i' };
}

/** Runs in the page, and therefore uses no other name of this module. Elements with a role must be visible. */
export function findElements(steps: readonly Step[]): Element[] {
  const ofRole: Record<Role, string> = {
    alert: '[role=alert]',
    button: 'button, [role=button], input[type=submit]',
    checkbox: 'input[type=checkbox]',
    heading: 'h1, h2, h3, h4, h5, h6',
    link: 'a[href]',
  };
  const textOf = (element: Element): string => element.textContent.replace(/\s+/g, ' ').trim();
  const nameOf = (element: Element): string => element.getAttribute('aria-label') ?? textOf(element);
  const below = (scopes: readonly ParentNode[], selector: string): Element[] => [
    ...new Set(scopes.flatMap((scope) => [...scope.querySelectorAll(selector)])),
  ];
  let scopes: ParentNode[] = [document];
  for (const step of steps) {
    if (step.by === 'css') scopes = below(scopes, step.selector);
    else if (step.by === 'index') scopes = scopes.slice(step.index, step.index + 1);
    else {
      const { source, flags } = step.pattern;
      const matches = (text: string): boolean => new RegExp(source, flags).test(text);
      if (step.by === 'role')
        scopes = below(scopes, ofRole[step.role]).filter(
          (element) => element.checkVisibility() && matches(nameOf(element)),
        );
      else if (step.by === 'label')
        scopes = below(scopes, 'label')
          .filter((label) => matches(textOf(label)))
          .flatMap((label) => (label as HTMLLabelElement).control ?? []);
      else
        scopes = below(scopes, ':not(head, head *, script, style)').filter(
          (element) =>
            matches(textOf(element)) && ![...element.children].some((child) => matches(textOf(child))),
        );
    }
  }
  return scopes as Element[];
}
