-- All figures of divisions of June 2018, as somebody who knows these tables and nothing else would write them by hand: one pass
-- over each register, sums by town, then up. No history of divisions, no moved records, this month only.
-- Placeholders: %(period)s, %(month)s, %(january)s, %(december)s, %(day)s. Needs the month's measures. Writes hand_figureresult.

SET LOCAL work_mem = '128MB';

DELETE FROM hand_figureresult WHERE period_id = %(period)s;

-- Each town of the day with its county and city; each community's town, and whether targets score it.
CREATE TEMPORARY TABLE town ON COMMIT DROP AS
SELECT town.id AS town_id, county.id AS county_id, county.parent_id AS city_id
FROM communities_division AS town JOIN communities_division AS county ON county.id = town.parent_id
WHERE town.level = 'town' AND town.valid_from <= %(day)s AND (town.valid_to IS NULL OR town.valid_to > %(day)s);

CREATE TEMPORARY TABLE here ON COMMIT DROP AS
SELECT placement.community_id, placement.town_id, town.county_id, town.city_id, community.kind,
    measure.community_id IS NOT NULL AS is_scored
FROM communities_communityplacement AS placement
JOIN communities_community AS community ON community.id = placement.community_id
JOIN town ON town.town_id = placement.town_id
LEFT JOIN targets_communitymeasure AS measure
    ON measure.community_id = placement.community_id AND measure.period_id = %(period)s
WHERE placement.valid_from <= %(day)s AND (placement.valid_to IS NULL OR placement.valid_to > %(day)s);

ANALYZE here;

-- What each figure adds up at a division, and which counties have reported the register behind it.
CREATE TEMPORARY TABLE amount (code text, part text, town_id bigint, numerator numeric, denominator numeric,
    numerator_year numeric, denominator_year numeric) ON COMMIT DROP;
CREATE TEMPORARY TABLE reporter (code text, county_id bigint) ON COMMIT DROP;
CREATE TEMPORARY TABLE declared (code text, part text, shape text) ON COMMIT DROP;
INSERT INTO declared VALUES
    ('bodies_complete', '', 'rate'), ('five_functions', '', 'cover'), ('multi_use', '', 'rate'),
    ('facility_cover', '', 'cover'), ('signs', '', 'rate'), ('ledgers', '', 'rate'), ('leaders', '', 'rate'),
    ('meetings', '', 'flow rate'), ('inspections', '', 'flow rate'), ('certificates', '', 'flow rate'),
    ('signs_change', '', 'rate'), ('ledgers_change', '', 'rate'), ('meetings_change', '', 'rate'),
    ('inspections_change', '', 'rate'), ('certificates_change', '', 'rate'), ('satisfaction', '', 'rate'),
    ('satisfaction_score', '', 'rate'), ('surveyed', '', 'cover'), ('funds_per_community', '', 'cover'),
    ('area_opened', '', 'flow total'), ('area_opened', 'new', 'flow total'), ('area_opened', 'developer', 'flow total'),
    ('area_opened', 'purchase', 'flow total'), ('area_opened', 'donated', 'flow total'),
    ('area_opened', 'reallocated', 'flow total'), ('area_opened', 'unknown', 'flow total');

-- Bodies.
CREATE TEMPORARY TABLE body ON COMMIT DROP AS
SELECT here.town_id, here.county_id, here.is_scored, judged.is_complete
FROM (
    SELECT community_id,
        count(*) FILTER (WHERE kind <> 'economic' AND ("exists" OR number >= 1)) = 6 AS is_complete
    FROM communities_governancebody WHERE "exists" IS NOT NULL OR number IS NOT NULL GROUP BY community_id
) AS judged JOIN here USING (community_id);
INSERT INTO amount
SELECT 'bodies_complete', '', town_id, count(*) FILTER (WHERE is_complete), count(*) FROM body WHERE is_scored GROUP BY town_id;
INSERT INTO reporter SELECT DISTINCT 'bodies_complete', county_id FROM body;

-- Facilities.
CREATE TEMPORARY TABLE facility ON COMMIT DROP AS
SELECT here.community_id, here.town_id, here.county_id, here.is_scored, facility.kind, facility.area, facility.opened_on,
    CASE construction_mode WHEN '' THEN 'unknown' ELSE construction_mode END AS mode, functions,
    closed_on IS NULL OR closed_on > %(day)s AS is_used
FROM communities_facility AS facility JOIN here USING (community_id) WHERE opened_on <= %(day)s;
INSERT INTO amount
SELECT 'five_functions', '', town_id, count(*) FROM (
    SELECT community_id, town_id FROM facility, jsonb_array_elements_text(functions) AS code
    WHERE is_used AND is_scored GROUP BY community_id, town_id HAVING count(DISTINCT code) = 5
) AS whole GROUP BY town_id;
INSERT INTO amount
SELECT 'multi_use', '', town_id, count(*) FILTER (WHERE jsonb_array_length(functions) >= 2), count(*)
FROM facility WHERE is_used AND functions <> '[]' GROUP BY town_id;
INSERT INTO amount
SELECT 'facility_cover', '', town_id, count(DISTINCT community_id)
FROM facility WHERE is_used AND is_scored AND kind = 'integrated' GROUP BY town_id;
INSERT INTO amount
SELECT 'area_opened', coalesce(mode, ''), town_id, sum(area) FILTER (WHERE opened_on >= %(month)s), NULL, sum(area)
FROM facility WHERE opened_on >= %(january)s GROUP BY GROUPING SETS ((town_id, mode), (town_id));
INSERT INTO reporter
SELECT code, county_id FROM (SELECT DISTINCT county_id FROM facility) AS known,
    (VALUES ('five_functions'), ('multi_use'), ('facility_cover'), ('area_opened')) AS figure (code);

-- Monthly counts: a column a kind, so that a community's months are read once.
CREATE TEMPORARY TABLE monthly ON COMMIT DROP AS
SELECT report.month, here.community_id, here.town_id, here.county_id, here.is_scored,
    max(number) FILTER (WHERE count.kind = 'signs_outside') + max(number) FILTER (WHERE count.kind = 'signs_inside') AS signs,
    max(number) FILTER (WHERE count.kind IN ('signs_outside', 'signs_inside')) AS any_signs,
    max(number) FILTER (WHERE count.kind = 'ledgers') AS ledgers,
    max(number) FILTER (WHERE count.kind = 'meetings') AS meetings,
    max(number) FILTER (WHERE count.kind = 'inspections') AS inspections,
    max(number) FILTER (WHERE count.kind = 'certificates') AS certificates,
    max(number) FILTER (WHERE count.kind = 'leaders') AS leaders
FROM communities_monthlyreport AS report
JOIN communities_monthlycount AS count ON count.report_id = report.id
JOIN here ON here.community_id = report.community_id
WHERE report.month <= %(day)s
GROUP BY report.month, here.community_id, here.town_id, here.county_id, here.is_scored;
CREATE TEMPORARY TABLE long ON COMMIT DROP AS
SELECT code, month, community_id, town_id, county_id, is_scored, number, is_said
FROM monthly, LATERAL (VALUES ('signs', signs, any_signs IS NOT NULL), ('ledgers', ledgers, ledgers IS NOT NULL),
    ('meetings', meetings, meetings IS NOT NULL), ('inspections', inspections, inspections IS NOT NULL),
    ('certificates', certificates, certificates IS NOT NULL), ('leaders', leaders, leaders IS NOT NULL))
    AS kind (code, number, is_said);
ANALYZE long;
INSERT INTO amount
SELECT code, '', town_id, sum(number) FILTER (WHERE month = %(month)s), count(number) FILTER (WHERE month = %(month)s),
    sum(number), count(number)
FROM long WHERE is_scored AND month >= %(january)s GROUP BY code, town_id;
INSERT INTO amount
SELECT code || '_change', '', town_id, sum(now.number), sum(before.number)
FROM long AS now JOIN long AS before USING (code, community_id, town_id)
WHERE now.is_scored AND now.month = %(month)s AND before.month = %(december)s
    AND now.number IS NOT NULL AND before.number IS NOT NULL AND code <> 'leaders'
GROUP BY code, town_id;
INSERT INTO reporter
SELECT code || suffix, county_id
FROM (SELECT DISTINCT code, county_id FROM long WHERE is_said) AS known, (VALUES (''), ('_change')) AS figure (suffix)
WHERE code <> 'leaders' OR suffix = '';

-- Surveys.
CREATE TEMPORARY TABLE answer ON COMMIT DROP AS
SELECT survey.kind, survey.state, survey.ends_on, survey.id AS survey_id, count.question, here.community_id, here.town_id,
    here.county_id, here.is_scored,
    coalesce(very_satisfied, 0) AS five, coalesce(satisfied, 0) AS four, coalesce(fairly_satisfied, 0) AS three,
    coalesce(dissatisfied, 0) AS two, coalesce(very_dissatisfied, 0) AS one
FROM participation_surveycount AS count JOIN participation_survey AS survey ON survey.id = count.survey_id
JOIN here ON here.community_id = count.community_id
WHERE survey.ends_on <= %(day)s;
CREATE TEMPORARY TABLE overall ON COMMIT DROP AS
SELECT * FROM (
    SELECT DISTINCT ON (community_id) town_id, five + four + three AS content, five + four + three + two + one AS valid,
        100 * five + 80 * four + 60 * three + 40 * two + 20 * one AS points
    FROM answer WHERE kind = 'satisfaction' AND state = 'closed' AND question = '总体' AND ends_on >= %(january)s
    ORDER BY community_id, ends_on DESC, survey_id DESC
) AS newest WHERE valid >= 30;
INSERT INTO amount SELECT 'satisfaction', '', town_id, sum(content), sum(valid) FROM overall GROUP BY town_id;
INSERT INTO amount SELECT 'satisfaction_score', '', town_id, sum(points), sum(valid) FROM overall GROUP BY town_id;
INSERT INTO amount
SELECT 'surveyed', '', town_id, count(DISTINCT community_id) FROM answer
WHERE kind = 'needs' AND state = 'closed' AND is_scored AND ends_on > %(day)s::date - interval '1 year' GROUP BY town_id;
INSERT INTO reporter
SELECT DISTINCT figure.code, county_id FROM answer
JOIN (VALUES ('satisfaction', 'satisfaction'), ('satisfaction', 'satisfaction_score'), ('needs', 'surveyed'))
    AS figure (kind, code) USING (kind);

-- Work items: those in force hold at their division and all below it, and count once in the divisions above.
CREATE TEMPORARY TABLE unit ON COMMIT DROP AS
SELECT town_id AS unit_id, 'town' AS level, county_id, city_id FROM town
UNION ALL SELECT id, 'county', id, parent_id FROM communities_division
WHERE level = 'county' AND valid_from <= %(day)s AND (valid_to IS NULL OR valid_to > %(day)s)
UNION ALL SELECT id, 'city', NULL, id FROM communities_division
WHERE level = 'city' AND valid_from <= %(day)s AND (valid_to IS NULL OR valid_to > %(day)s);
CREATE TEMPORARY TABLE item ON COMMIT DROP AS
SELECT item.id, listed_as, yearly_funds, applies_to, unit.unit_id AS division_id, unit.level, unit.county_id, unit.city_id
FROM workload_workitem AS item JOIN unit ON unit.unit_id = item.division_id
WHERE state IN ('approved', 'ended') AND item.valid_from <= %(day)s AND (item.valid_to IS NULL OR item.valid_to > %(day)s)
    AND (decided_on IS NULL OR decided_on <= %(day)s);
CREATE TEMPORARY TABLE held ON COMMIT DROP AS
SELECT unit.unit_id, item.* FROM unit JOIN item ON item.city_id = unit.city_id AND (
    unit.level = 'city' OR item.level = 'city'
    OR item.county_id = unit.county_id AND (unit.level = 'county' OR item.level = 'county' OR item.division_id = unit.unit_id));
INSERT INTO hand_figureresult (period_id, division_id, code, part, numerator, denominator, counties)
SELECT %(period)s, unit_id, 'work_items', part, count(id), NULL, NULL FROM (
    SELECT unit.unit_id, part, held.id FROM unit
    CROSS JOIN (VALUES (''), ('lawful'), ('assisting'), ('admitted'), ('not_ours')) AS declared (part)
    LEFT JOIN held ON held.unit_id = unit.unit_id AND (part = '' OR held.listed_as = part)
    WHERE EXISTS (SELECT 1 FROM item WHERE item.city_id = unit.city_id)
) AS listed GROUP BY unit_id, part;
INSERT INTO hand_figureresult (period_id, division_id, code, part, numerator, denominator, counties)
SELECT %(period)s, unit.unit_id, 'funded', '', count(held.id) FILTER (WHERE yearly_funds > 0), count(held.id), NULL
FROM unit LEFT JOIN held ON held.unit_id = unit.unit_id AND held.listed_as IN ('assisting', 'admitted')
WHERE EXISTS (SELECT 1 FROM item WHERE item.city_id = unit.city_id) GROUP BY unit.unit_id;
INSERT INTO amount
SELECT 'funds_per_community', '', town_id, sum(number * funds) FROM (
    SELECT town_id, city_id, kind, count(*) AS number FROM here WHERE is_scored GROUP BY town_id, city_id, kind
) AS communities JOIN LATERAL (
    SELECT sum(yearly_funds) AS funds FROM held WHERE held.unit_id = town_id AND applies_to IN ('all', communities.kind)
) AS paid ON TRUE GROUP BY town_id;
INSERT INTO reporter SELECT DISTINCT 'funds_per_community', county_id FROM town WHERE city_id IN (SELECT city_id FROM item);

-- Decisions, at the division of the department.
CREATE TEMPORARY TABLE decision ON COMMIT DROP AS
SELECT CASE item.state WHEN 'refused' THEN 'refused' ELSE 'approved' END AS outcome, decided_on >= %(month)s AS is_of_month,
    decided_on <= due_on AS is_on_time, decided_in, unit.unit_id, unit.level, unit.county_id, unit.city_id
FROM workload_workitem AS item JOIN unit ON unit.unit_id = item.division_id
WHERE decided_on BETWEEN %(january)s AND %(day)s AND due_on IS NOT NULL;
CREATE TEMPORARY TABLE applied ON COMMIT DROP AS
SELECT DISTINCT unit.county_id, unit.city_id FROM workload_workitem AS item JOIN unit ON unit.unit_id = item.division_id
WHERE submitted_on <= %(day)s;
INSERT INTO hand_figureresult (period_id, division_id, code, part, numerator, denominator, numerator_year, denominator_year, counties)
SELECT %(period)s, unit.unit_id, figure.code, figure.part,
    coalesce(sum(figure.amount) FILTER (WHERE is_of_month), 0),
    CASE WHEN figure.is_rate THEN count(decision.unit_id) FILTER (WHERE is_of_month) END,
    coalesce(sum(figure.amount), 0), CASE WHEN figure.is_rate THEN count(decision.unit_id) END, NULL
FROM unit
LEFT JOIN decision ON decision.city_id = unit.city_id AND (unit.level = 'city' OR decision.county_id = unit.county_id
    AND (unit.level = 'county' OR decision.unit_id = unit.unit_id))
CROSS JOIN LATERAL (VALUES ('item_decisions', '', (outcome IS NOT NULL)::int, FALSE),
    ('item_decisions', 'approved', (outcome = 'approved')::int, FALSE),
    ('item_decisions', 'refused', (outcome = 'refused')::int, FALSE),
    ('item_on_time', '', is_on_time::int, TRUE), ('item_days', '', decided_in, TRUE)
) AS figure (code, part, amount, is_rate)
WHERE CASE WHEN unit.level = 'city' THEN EXISTS (SELECT 1 FROM applied WHERE applied.city_id = unit.city_id)
    ELSE EXISTS (SELECT 1 FROM applied WHERE applied.county_id = unit.county_id) END
GROUP BY unit.unit_id, figure.code, figure.part, figure.is_rate;

-- Up from the towns, with the number of communities where that is the denominator, and of counties for the city.
CREATE TEMPORARY TABLE up ON COMMIT DROP AS
SELECT coalesce(town.town_id, county_id, city_id) AS unit_id, code, part, sum(numerator) AS numerator,
    sum(denominator) AS denominator, sum(numerator_year) AS numerator_year, sum(denominator_year) AS denominator_year
FROM amount JOIN town USING (town_id)
GROUP BY GROUPING SETS ((town.town_id, code, part), (county_id, code, part), (city_id, code, part));
CREATE TEMPORARY TABLE scored ON COMMIT DROP AS
SELECT coalesce(town_id, county_id, city_id) AS unit_id, code, count(*) AS number
FROM here JOIN reporter USING (county_id) WHERE is_scored
GROUP BY GROUPING SETS ((town_id, code), (county_id, code), (city_id, code));
ANALYZE up;
ANALYZE scored;
INSERT INTO hand_figureresult (period_id, division_id, code, part, numerator, denominator, numerator_year, denominator_year, counties)
SELECT %(period)s, unit.unit_id, declared.code, declared.part, round(coalesce(up.numerator, 0), 4),
    CASE shape WHEN 'cover' THEN coalesce(scored.number, 0) WHEN 'flow total' THEN NULL ELSE coalesce(up.denominator, 0) END,
    CASE WHEN shape LIKE 'flow %%' THEN round(coalesce(up.numerator_year, 0), 4) END,
    CASE shape WHEN 'flow rate' THEN coalesce(up.denominator_year, 0) END, NULL
FROM unit CROSS JOIN declared
LEFT JOIN up ON up.unit_id = unit.unit_id AND up.code = declared.code AND up.part = declared.part
LEFT JOIN scored ON scored.unit_id = unit.unit_id AND scored.code = declared.code
WHERE CASE WHEN unit.level = 'city'
    THEN EXISTS (SELECT 1 FROM reporter JOIN unit AS county ON county.unit_id = reporter.county_id
        WHERE reporter.code = declared.code AND county.city_id = unit.city_id)
    ELSE EXISTS (SELECT 1 FROM reporter WHERE reporter.code = declared.code AND reporter.county_id = unit.county_id) END;
UPDATE hand_figureresult AS row SET counties = known.number
FROM (
    SELECT city_id, code, count(*) AS number FROM (
        SELECT code, county_id FROM reporter
        UNION SELECT code, unit_id FROM unit, (VALUES ('work_items'), ('funded')) AS figure (code)
        WHERE level = 'county' AND city_id IN (SELECT city_id FROM item)
        UNION SELECT code, county_id FROM applied,
            (VALUES ('item_decisions'), ('item_on_time'), ('item_days')) AS figure (code) WHERE county_id IS NOT NULL
    ) AS covered JOIN unit ON unit.unit_id = covered.county_id GROUP BY city_id, code
) AS known
WHERE row.division_id = known.city_id AND row.code = known.code AND row.period_id = %(period)s;
