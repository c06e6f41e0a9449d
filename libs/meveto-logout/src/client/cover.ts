/** Stands over a page whose content must not be seen any more. */
export interface Cover {
  /** Hides the content, keeps it from being used, and says this. */
  show(text: string): void;
  lift(): void;
}

export function createCover(): Cover {
  let box: HTMLElement | undefined;
  let before = '';
  return {
    show(text) {
      const { body, documentElement } = document;
      if (!box) {
        before = body.style.cssText;
        body.style.cssText += ';display:none!important';
        body.inert = true;
        // Outside the body, and styled by script: neither the page's styles nor its content security policy matter.
        box = documentElement.appendChild(document.createElement('div'));
        box.style.cssText =
          'padding:30vh 1rem;text-align:center;font:1rem system-ui;color:CanvasText;background:Canvas';
        box.role = 'alert';
      }
      box.textContent = text;
    },
    lift() {
      if (!box) return;
      const { body } = document;
      box.remove();
      box = undefined;
      body.inert = false;
      body.style.cssText = before;
    },
  };
}
