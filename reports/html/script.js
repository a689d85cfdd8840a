/* script.js -- sorts, filters, zooms, searches, copies; nothing else.
 *
 * All content is in the page before this runs. Texts of the snapshot are read
 * and compared, never parsed as markup: only textContent and attributes.
 *
 * An icicle is an <svg class="icicle"> of <g data-x data-w data-depth
 * data-name>, each with a <title>, one <rect> and at most one <text>; x and w
 * are in units of the viewBox. The title is the whole name, ": " and what it
 * takes.
 * SPDX-License-Identifier: MIT */
(function () {
    'use strict';
    const FILTER_FROM_ROWS = 12;
    const CHAR_WIDTH = 7;
    const ROW_HEIGHT = 22;

    function all(root, selector) {
        return Array.from(root.querySelectorAll(selector));
    }

    function add(parent, name, text) {
        const node = document.createElement(name);
        if (text !== undefined) node.textContent = text;
        parent.appendChild(node);
        return node;
    }

    function rawOf(row, column) {
        const cell = row.cells[column];
        if (!cell) return '';
        return cell.hasAttribute('data-raw') ? cell.getAttribute('data-raw') : cell.textContent;
    }

    /* Absent values stay last whichever the direction: they are not small. */
    function compareRaw(a, b, numeric, sign) {
        if (a === '' || b === '') return (a === '') - (b === '');
        if (numeric && !isNaN(a) && !isNaN(b)) return sign * (Number(a) - Number(b));
        return sign * (a < b ? -1 : a > b ? 1 : 0);
    }

    function sortBy(table, header, column) {
        const kind = header.getAttribute('data-kind');
        const numeric = kind !== 'plain' && kind !== 'text';
        const before = header.getAttribute('aria-sort');
        const down = before ? before === 'ascending' : numeric;
        const body = table.tBodies[0];
        const rows = Array.from(body.rows).map(function (row) {
            return { row: row, raw: rawOf(row, column) };
        });
        rows.sort(function (a, b) {
            return compareRaw(a.raw, b.raw, numeric, down ? -1 : 1);
        });
        all(table, 'th[aria-sort]').forEach(function (th) { th.removeAttribute('aria-sort'); });
        header.setAttribute('aria-sort', down ? 'descending' : 'ascending');
        rows.forEach(function (entry) { body.appendChild(entry.row); });
    }

    function makeSortable(table) {
        all(table, 'thead th').forEach(function (header, column) {
            const button = document.createElement('button');
            button.type = 'button';
            while (header.firstChild) button.appendChild(header.firstChild);
            header.appendChild(button);
            button.addEventListener('click', function () { sortBy(table, header, column); });
        });
    }

    function addTools(before) {
        const tools = document.createElement('div');
        tools.className = 'tools';
        before.parentNode.insertBefore(tools, before);
        return tools;
    }

    function addSearch(tools, words, search) {
        const label = add(tools, 'label', words + ' ');
        const input = add(label, 'input');
        const found = add(tools, 'output');
        input.type = 'search';
        input.addEventListener('input', function () {
            found.textContent = search(input.value.toLowerCase());
        });
    }

    function makeFilter(table) {
        const rows = table.tBodies.length ? Array.from(table.tBodies[0].rows) : [];
        if (rows.length < FILTER_FROM_ROWS) return;
        addSearch(addTools(table.closest('.scroll') || table), 'Filter rows', function (wanted) {
            let shown = 0;
            rows.forEach(function (row) {
                row.hidden = row.textContent.toLowerCase().indexOf(wanted) < 0;
                shown += !row.hidden;
            });
            return wanted ? shown + ' of ' + rows.length + ' rows' : '';
        });
    }

    function numberOf(node, name) {
        return Number(node.getAttribute(name));
    }

    function makeIcicle(svg) {
        const boxes = all(svg, 'g[data-x]');
        const units = svg.viewBox.baseVal.width;
        const height = boxes.reduce(function (most, box) {
            return Math.max(most, ROW_HEIGHT * (1 + numberOf(box, 'data-depth')));
        }, 0);
        const tools = addTools(svg.closest('.scroll') || svg);
        let shown = { from: 0, span: units, depth: 0 };

        /* As many units as there are pixels: text keeps its size however narrow the page is. */
        function draw() {
            const width = svg.clientWidth || units;
            svg.setAttribute('viewBox', '0 0 ' + width + ' ' + height);
            boxes.forEach(function (box) {
                const left = numberOf(box, 'data-x');
                const right = left + numberOf(box, 'data-w');
                const x0 = Math.max(0, (left - shown.from) / shown.span * width);
                const x1 = Math.min(width, (right - shown.from) / shown.span * width);
                const text = box.querySelector('text');
                const rect = box.querySelector('rect');
                /* Siblings share an edge, up to the rounding of 6 decimals. */
                if (x1 - x0 < 0.01) {
                    box.setAttribute('display', 'none');
                    return;
                }
                box.removeAttribute('display');
                box.classList.toggle('up', numberOf(box, 'data-depth') < shown.depth);
                rect.setAttribute('x', x0);
                rect.setAttribute('width', x1 - x0);
                if (!text) return;
                const room = Math.floor((x1 - x0 - 6) / CHAR_WIDTH);
                const name = Array.from(box.getAttribute('data-name'));
                text.setAttribute('x', x0 + 4);
                text.textContent = room < 3 ? '' : name.length <= room ? name.join('')
                    : name.slice(0, room - 2).join('') + '..';
            });
        }

        function zoom(from, span, depth) {
            shown = { from: from, span: span, depth: depth };
            draw();
        }

        boxes.forEach(function (box) {
            function enter() {
                zoom(numberOf(box, 'data-x'), numberOf(box, 'data-w'), numberOf(box, 'data-depth'));
            }
            box.setAttribute('tabindex', '0');
            box.setAttribute('role', 'button');
            box.setAttribute('aria-label', box.querySelector('title').textContent);
            box.addEventListener('click', enter);
            box.addEventListener('keydown', function (event) {
                if (event.key !== 'Enter' && event.key !== ' ') return;
                event.preventDefault();
                enter();
            });
        });
        /* Its boxes are buttons now, and an image would hide them. */
        svg.setAttribute('role', 'group');
        const reset = add(tools, 'button', 'Show all');
        reset.type = 'button';
        reset.addEventListener('click', function () { zoom(0, units, 0); });
        window.addEventListener('resize', draw);
        window.addEventListener('beforeprint', draw);
        addSearch(tools, 'Search patterns', function (wanted) {
            let hits = 0;
            boxes.forEach(function (box) {
                const title = box.querySelector('title').textContent;
                const name = title.slice(0, title.lastIndexOf(': ')).toLowerCase();
                const hit = wanted !== '' && name.indexOf(wanted) >= 0;
                box.classList.toggle('hit', hit);
                hits += hit;
            });
            return wanted ? hits + ' of ' + boxes.length + ' found' : '';
        });
        draw();
    }

    /* A page opened as a file may have no clipboard: then the text is selected. */
    function makeCopy(button) {
        const source = button.nextElementSibling;
        if (!source || source.tagName !== 'PRE') return;
        function selectSource() {
            window.getSelection().selectAllChildren(source);
            button.textContent = 'Selected';
        }
        button.hidden = false;
        button.addEventListener('click', function () {
            if (!navigator.clipboard) {
                selectSource();
                return;
            }
            navigator.clipboard.writeText(source.textContent).then(function () {
                button.textContent = 'Copied';
            }, selectSource);
        });
    }

    all(document, 'table.rows').forEach(function (table) {
        makeFilter(table);
        makeSortable(table);
    });
    all(document, 'svg.icicle').forEach(makeIcicle);
    all(document, 'button.copy').forEach(makeCopy);
}());
