/*
 * What makes a flame graph answer: zoom on click, search, details under the pointer.
 *
 * Frames come from the file in order of depth first.  A view is a stretch of weights and a depth;
 * layout() draws it.  Nothing here knows what a name means.
 */
(function () {
	"use strict";

	const byId = (id) => document.getElementById(id);
	const svg = byId("flame"), bar = byId("bar"), details = byId("details");
	const matched = byId("matched"), search = byId("search"), reset = byId("reset");
	const pad = +svg.dataset.pad, row = +svg.dataset.row, namePad = 4;

	const frames = Array.from(byId("frames").children, (g) => {
		const lines = g.firstChild.textContent.split("\n");
		return {
			g, rect: g.children[1], text: g.children[2],
			name: lines[0], numbers: lines[1], shown: g.children[2].textContent,
			x: +g.dataset.x, w: +g.dataset.w, d: +g.dataset.d,
			where: "in", isHit: false,
		};
	});
	const byElement = new Map(frames.map((f) => [f.g, f]));
	const root = frames[0], slack = root.w * 1e-9;
	const atRest = details.textContent, titles = [byId("title"), byId("subtitle")];
	titles.forEach((t) => { t.whole = t.textContent; });
	let view = root, width = 1200, cell = 7.25, hovered = null;

	/* ---- text that fits ---- */

	function measure() {
		const probe = frames[0].text.cloneNode();
		probe.textContent = "M".repeat(40);
		byId("frames").appendChild(probe);
		const got = probe.getComputedTextLength() / 40;
		probe.remove();
		return got > 1 ? got : cell;
	}

	const wide = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]|[\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

	const plain = /^[\x20-\x7e]*$/;

	function cut(text, cells) {
		let used = 0, end = 0, keep = 0;
		if (cells < 3)
			return "";
		if (plain.test(text))
			return text.length <= cells ? text : text.slice(0, cells - 1) + "\u2026";
		for (const c of text) {
			used += wide.test(c) ? 2 : 1;
			if (used > cells)
				return text.slice(0, keep) + "\u2026";
			end += c.length;
			if (used < cells)
				keep = end;
		}
		return text;
	}

	/* ---- drawing ---- */

	/* Is a frame in the view: "in" it or above, "up": it leads to it, or not at all: "". */
	function place(f) {
		const end = view.x + view.w + slack, left = view.x - slack;
		if (f.d < view.d)
			return f.x <= view.x + slack && f.x + f.w >= end - 2 * slack ? "up" : "";
		return f.x >= left && f.x + f.w <= end ? "in" : "";
	}

	function draw(f, scale) {
		const where = place(f);
		const x = where === "up" ? pad : pad + (f.x - view.x) * scale;
		const w = where === "up" ? width - 2 * pad : f.w * scale;
		const text = where ? cut(f.name, Math.floor((w - 2 * namePad) / cell)) : "";
		/* Only what changes is touched: there may be many thousands. */
		if (where !== f.where) {
			f.g.style.display = where ? "" : "none";
			f.g.classList.toggle("up", where === "up");
			f.where = where;
		}
		if (!where)
			return;
		f.rect.setAttribute("x", x.toFixed(2));
		f.rect.setAttribute("width", (w > 1 ? w - 0.5 : w).toFixed(2));
		if (text)
			f.text.setAttribute("x", (x + namePad).toFixed(2));
		if (text !== f.shown)
			f.text.textContent = f.shown = text;
	}

	function layout() {
		const scale = root.w > 0 ? (width - 2 * pad) / view.w : 0;
		frames.forEach((f) => draw(f, scale));
		reset.style.display = view === root ? "none" : "";
		showMatched();
	}

	function resize() {
		const height = svg.getAttribute("height");
		width = Math.max(640, svg.parentElement ? svg.parentElement.clientWidth :
				 document.documentElement.clientWidth || window.innerWidth);
		svg.setAttribute("width", width);
		svg.setAttribute("viewBox", "0 0 " + width + " " + height);
		byId("tools").setAttribute("transform", "translate(" + (width - pad - 260) + ",14)");
		byId("legend").setAttribute("transform", "translate(" + (width - pad - 140) + ",0)");
		titles.forEach((t) => {
			t.textContent = cut(t.whole, Math.floor((width - 2 * pad - 390) / 9));
		});
		layout();
		showDetails();
	}

	function zoom(f) {
		view = f && f.w > 0 ? f : root;
		layout();
		showDetails();
	}

	/* ---- details ---- */

	function percent(part, whole) {
		return (100 * part / whole).toFixed(2) + "\u00a0%";
	}

	function showDetails() {
		let text = atRest;
		if (hovered) {
			text = hovered.name + " \u2014 " + hovered.numbers;
			if (view !== root && hovered.where === "in")
				text += ", " + percent(hovered.w, view.w) + " of the view";
		} else if (view !== root) {
			text = "View of " + view.name + " \u2014 " + view.numbers;
		}
		details.textContent = cut(text, Math.floor((width - 2 * pad) / (cell * 13 / 12)));
	}

	function frameOf(target) {
		return byElement.get(target.closest ? target.closest("#frames > g") : null) || null;
	}

	/* ---- search ---- */

	/* A pattern without capitals finds them, too. */
	function pattern(text) {
		return new RegExp(text, /[A-Z]/.test(text.replace(/\\./g, "")) ? "" : "i");
	}

	function runSearch() {
		let re = null;
		search.classList.remove("bad");
		matched.classList.remove("bad");
		try {
			re = search.value ? pattern(search.value) : null;
		} catch (e) {
			search.classList.add("bad");
		}
		frames.forEach((f) => {
			const isHit = f !== root && re !== null && re.test(f.name);
			if (isHit !== f.isHit)
				f.g.classList.toggle("hit", isHit);
			f.isHit = isHit;
		});
		showMatched();
	}

	/* What is below a match is not counted again. */
	function showMatched() {
		let sum = 0, cnt = 0, end = -Infinity;
		if (search.classList.contains("bad")) {
			matched.classList.add("bad");
			matched.textContent = "not a regular expression";
			return;
		}
		for (const f of frames) {
			if (!f.isHit || !f.where)
				continue;
			cnt++;
			if (f.x < end - slack)
				continue;
			sum += f.where === "up" ? view.w : f.w;
			end = f.x + f.w;
		}
		matched.textContent = !search.value ? "" : "matched " + percent(sum, view.w || 1) +
			(view === root ? "" : " of the view") +
			" (" + cnt + (cnt === 1 ? " frame)" : " frames)");
	}

	/* ---- events ---- */

	byId("frames").addEventListener("click", (e) => {
		const f = frameOf(e.target);
		if (f)
			zoom(f);
	});
	byId("frames").addEventListener("mouseover", (e) => {
		hovered = frameOf(e.target);
		showDetails();
	});
	byId("frames").addEventListener("mouseleave", () => {
		hovered = null;
		showDetails();
	});
	reset.addEventListener("click", () => zoom(root));
	search.addEventListener("input", runSearch);
	window.addEventListener("keydown", (e) => {
		/* In the box Ctrl-F is the browser's own again. */
		if ((e.ctrlKey || e.metaKey) && e.key === "f" && document.activeElement !== search) {
			e.preventDefault();
			search.focus();
			search.select();
		} else if (e.key === "Escape" && document.activeElement === search) {
			search.value = "";
			runSearch();
			search.blur();
		} else if (e.key === "Escape") {
			zoom(root);
		}
	});
	window.addEventListener("resize", resize);
	window.addEventListener("scroll", () => {
		bar.setAttribute("transform", "translate(0," + window.scrollY + ")");
	});

	cell = measure();
	byId("tools").style.display = "";
	resize();
	/* The root is at the bottom: start there. */
	window.scrollTo(0, +svg.getAttribute("height"));
}());
