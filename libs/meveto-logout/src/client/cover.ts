/** Covers a page whose content must no longer be visible. */
export interface Cover {
  /** Hides the content, makes it inert and shows the text. */
  show(text: string): void;
  lift(): void;
}

export function createCover(): Cover {
  let box: HTMLElement | null | undefined;
  let before: string;
  return {
    show(text) {
      const { body } = document;
      if (!box) {
        before = body.style.cssText;
        body.style.cssText += ';display:none!important';
        body.inert = true;
        // Outside the body and styled by script: independent of the page's styles and content security policy.
        box = document.documentElement.appendChild(document.createElement('div'));
        box.style.cssText =
          'padding:30vh 1rem;text-align:center;font:1rem system-ui;color:CanvasText;background:Canvas';
        box.role = 'alert';
      }
      box.textContent = text;
    },
    lift() {
      if (!box) return;
      box.remove();
      box = null;
      document.body.inert = false;
      document.body.style.cssText = before;
    },
  };
}
