// The first run suggests the zone of whoever fills in the form. The page works without it.
"use strict";

(() => {
  const zones = document.querySelector("select[data-own-zone]");
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const option = [...(zones?.options ?? [])].find((each) => each.value === own);
  if (option) option.selected = true;
})();
