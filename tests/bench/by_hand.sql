-- June 2018 against the plan to 2020, as somebody who knows these tables and nothing else would write it by hand:
-- one pass over each register, one over the measures, no history of divisions, no other plan, this month only.
-- Placeholders: %(period)s, %(day)s. Writes hand_communitymeasure, hand_divisionmeasure, hand_targetresult.

SET LOCAL work_mem = '256MB';
SET LOCAL jit = off;

DELETE FROM hand_targetresult WHERE period_id = %(period)s;
DELETE FROM hand_divisionmeasure WHERE period_id = %(period)s;
DELETE FROM hand_communitymeasure WHERE period_id = %(period)s;

-- Each community's town, county and city; each register counted once, and who has any row of it.
CREATE TEMPORARY TABLE counted ON COMMIT DROP AS
WITH
facility AS (
    SELECT community_id,
        sum(area) FILTER (WHERE kind = 'integrated' AND opened_on <= %(day)s AND (closed_on IS NULL OR closed_on > %(day)s)) AS area,
        count(*) FILTER (WHERE kind = 'integrated' AND opened_on <= %(day)s AND (closed_on IS NULL OR closed_on > %(day)s)) AS number
    FROM communities_facility GROUP BY community_id
),
organization AS (
    SELECT community_id,
        count(*) FILTER (WHERE here AND registration = 'registered') AS registered,
        count(*) FILTER (WHERE here AND registration = 'filed') AS filed,
        count(*) FILTER (WHERE here AND registration = 'guided') AS guided,
        count(*) FILTER (WHERE here AND registration = 'registered' AND is_social_work_agency) AS agencies_registered,
        count(*) FILTER (WHERE here AND registration = 'filed' AND is_social_work_agency) AS agencies_filed,
        count(*) FILTER (WHERE here AND registration = 'guided' AND is_social_work_agency) AS agencies_guided
    FROM (
        SELECT *, established_on <= %(day)s AND (dissolved_on IS NULL OR dissolved_on > %(day)s) AS here
        FROM orgs_socialorganization
    ) AS each_one
    GROUP BY community_id
),
posting AS (
    SELECT community_id,
        count(*) FILTER (WHERE here) AS workers,
        count(*) FILTER (WHERE here AND is_community_worker) AS community_workers,
        count(*) FILTER (WHERE here AND level = 'none' AND has_social_work_degree) AS degree_only,
        count(*) FILTER (WHERE here AND level = 'assistant') AS assistant,
        count(*) FILTER (WHERE here AND level = 'social_worker') AS social_worker,
        count(*) FILTER (WHERE here AND level = 'senior') AS senior
    FROM (
        SELECT posting.community_id, posting.is_community_worker, worker.level, worker.has_social_work_degree,
            started_on <= %(day)s AND (ended_on IS NULL OR ended_on > %(day)s) AS here
        FROM socialworkers_posting AS posting
        JOIN socialworkers_socialworker AS worker ON worker.id = posting.worker_id
    ) AS each_one
    GROUP BY community_id
),
profile AS (
    SELECT community_id,
        (array_agg(households ORDER BY as_of DESC) FILTER (WHERE households IS NOT NULL))[1] AS households,
        (array_agg(residents ORDER BY as_of DESC) FILTER (WHERE residents IS NOT NULL))[1] AS residents
    FROM communities_communityprofile WHERE as_of <= %(day)s GROUP BY community_id
)
SELECT placement.community_id, placement.code, placement.name, community.kind,
    town.id AS town_id, county.id AS county_id, county.parent_id AS city_id,
    NOT community.is_virtual AND community.kind <> '' AND (community.closed_on IS NULL OR community.closed_on > %(day)s)
        AND (right(placement.code, 3) < '400' OR profile.residents IS NOT NULL) AS is_scored,
    profile.households, profile.residents,
    facility.community_id IS NOT NULL AS has_facilities, facility.area, facility.number AS facilities,
    organization.community_id IS NOT NULL AS has_organizations, registered, filed, guided,
    agencies_registered, agencies_filed, agencies_guided,
    posting.community_id IS NOT NULL AS has_postings, workers, community_workers, degree_only, assistant,
    social_worker, senior
FROM communities_communityplacement AS placement
JOIN communities_community AS community ON community.id = placement.community_id
JOIN communities_division AS town ON town.id = placement.town_id
JOIN communities_division AS county ON county.id = town.parent_id
LEFT JOIN profile ON profile.community_id = placement.community_id
LEFT JOIN facility ON facility.community_id = placement.community_id
LEFT JOIN organization ON organization.community_id = placement.community_id
LEFT JOIN posting ON posting.community_id = placement.community_id
WHERE placement.valid_from <= %(day)s AND (placement.valid_to IS NULL OR placement.valid_to > %(day)s);

CREATE TEMPORARY TABLE reported ON COMMIT DROP AS
SELECT county_id, bool_or(has_facilities) AS facilities, bool_or(has_organizations) AS organizations,
    bool_or(has_postings) AS postings
FROM counted GROUP BY county_id;

ANALYZE counted;

INSERT INTO hand_communitymeasure (
    period_id, community_id, code, name, county_id, town_id, kind, households, residents, facility_area, facilities,
    organizations_registered, organizations_filed, organizations_guided, workers, community_workers,
    professionals_degree_only, professionals_assistant, professionals_social_worker, professionals_senior, figures
)
SELECT %(period)s, community_id, code, name, county_id, town_id, kind, households, residents,
    CASE WHEN reported.facilities THEN coalesce(area, 0) END,
    CASE WHEN reported.facilities THEN coalesce(counted.facilities, 0) END,
    CASE WHEN reported.organizations THEN coalesce(registered, 0) END,
    CASE WHEN reported.organizations THEN coalesce(filed, 0) END,
    CASE WHEN reported.organizations THEN coalesce(guided, 0) END,
    CASE WHEN reported.postings THEN coalesce(workers, 0) END,
    CASE WHEN reported.postings THEN coalesce(community_workers, 0) END,
    CASE WHEN reported.postings THEN coalesce(degree_only, 0) END,
    CASE WHEN reported.postings THEN coalesce(assistant, 0) END,
    CASE WHEN reported.postings THEN coalesce(social_worker, 0) END,
    CASE WHEN reported.postings THEN coalesce(senior, 0) END,
    '{}'::jsonb
FROM counted JOIN reported USING (county_id)
WHERE is_scored;

INSERT INTO hand_divisionmeasure (
    period_id, division_id, agencies_registered, agencies_filed, agencies_guided, workers, community_workers,
    professionals_degree_only, professionals_assistant, professionals_social_worker, professionals_senior, figures
)
SELECT %(period)s, unit.id,
    CASE WHEN organizations THEN agencies_registered END, CASE WHEN organizations THEN agencies_filed END,
    CASE WHEN organizations THEN agencies_guided END, CASE WHEN postings THEN workers END,
    CASE WHEN postings THEN community_workers END, CASE WHEN postings THEN degree_only END,
    CASE WHEN postings THEN assistant END, CASE WHEN postings THEN social_worker END, CASE WHEN postings THEN senior END,
    '{}'::jsonb
FROM (
    SELECT coalesce(town_id, county_id, city_id) AS id,
        bool_or(reported.organizations) AS organizations, bool_or(reported.postings) AS postings,
        coalesce(sum(agencies_registered), 0) AS agencies_registered, coalesce(sum(agencies_filed), 0) AS agencies_filed,
        coalesce(sum(agencies_guided), 0) AS agencies_guided, coalesce(sum(workers), 0) AS workers,
        coalesce(sum(community_workers), 0) AS community_workers, coalesce(sum(degree_only), 0) AS degree_only,
        coalesce(sum(assistant), 0) AS assistant, coalesce(sum(social_worker), 0) AS social_worker,
        coalesce(sum(senior), 0) AS senior
    FROM counted JOIN reported USING (county_id)
    GROUP BY GROUPING SETS ((town_id), (county_id), (city_id))
) AS unit;

-- Every target's verdicts in one pass over the measures, by town, county and city at once.
INSERT INTO hand_targetresult (
    period_id, target_id, division_id, judged, met, over, unmet, not_applicable, unknown, rate, gap, value, verdict
)
WITH
judged AS (
    SELECT town_id, county_id, county.parent_id AS city_id,
        CASE WHEN kind = 'urban' THEN CASE
            WHEN facility_area IS NULL THEN 'unknown' WHEN facility_area >= 500 THEN 'met' ELSE 'unmet' END END AS area,
        500 - facility_area AS area_missing,
        CASE WHEN kind = 'urban' THEN CASE
            WHEN organizations IS NULL THEN 'unknown' WHEN organizations >= 10 THEN 'met' ELSE 'unmet' END END AS urban_orgs,
        10 - organizations AS urban_orgs_missing,
        CASE WHEN kind = 'rural' THEN CASE
            WHEN residents IS NULL THEN 'unknown' WHEN residents < 3000 THEN 'not_applicable'
            WHEN organizations IS NULL THEN 'unknown' WHEN organizations >= 5 THEN 'met' ELSE 'unmet' END END AS rural_orgs,
        5 - organizations AS rural_orgs_missing,
        CASE WHEN kind = 'urban' THEN CASE
            WHEN professionals IS NULL THEN 'unknown' WHEN professionals < 2 THEN 'unmet'
            WHEN professionals > 5 THEN 'over' ELSE 'met' END END AS urban_people,
        2 - professionals AS urban_people_missing,
        CASE WHEN kind = 'rural' THEN CASE
            WHEN professionals IS NULL THEN 'unknown' WHEN professionals >= 1 THEN 'met' ELSE 'unmet' END END AS rural_people,
        1 - professionals AS rural_people_missing
    FROM (
        SELECT town_id, county_id, kind, residents, facility_area,
            organizations_registered + organizations_filed + organizations_guided AS organizations,
            professionals_degree_only + professionals_assistant + professionals_social_worker + professionals_senior
                AS professionals
        FROM hand_communitymeasure WHERE period_id = %(period)s
    ) AS measure
    JOIN communities_division AS county ON county.id = county_id
),
added AS (
    SELECT coalesce(town_id, county_id, city_id) AS division_id,
        count(*) FILTER (WHERE area = 'met') AS area_met, count(*) FILTER (WHERE area = 'unmet') AS area_unmet,
        count(*) FILTER (WHERE area = 'unknown') AS area_unknown,
        sum(area_missing) FILTER (WHERE area = 'unmet') AS area_gap,
        count(*) FILTER (WHERE urban_orgs = 'met') AS urban_orgs_met,
        count(*) FILTER (WHERE urban_orgs = 'unmet') AS urban_orgs_unmet,
        count(*) FILTER (WHERE urban_orgs = 'unknown') AS urban_orgs_unknown,
        sum(urban_orgs_missing) FILTER (WHERE urban_orgs = 'unmet') AS urban_orgs_gap,
        count(*) FILTER (WHERE rural_orgs = 'met') AS rural_orgs_met,
        count(*) FILTER (WHERE rural_orgs = 'unmet') AS rural_orgs_unmet,
        count(*) FILTER (WHERE rural_orgs = 'not_applicable') AS rural_orgs_small,
        count(*) FILTER (WHERE rural_orgs = 'unknown') AS rural_orgs_unknown,
        sum(rural_orgs_missing) FILTER (WHERE rural_orgs = 'unmet') AS rural_orgs_gap,
        count(*) FILTER (WHERE urban_people = 'met') AS urban_people_met,
        count(*) FILTER (WHERE urban_people = 'over') AS urban_people_over,
        count(*) FILTER (WHERE urban_people = 'unmet') AS urban_people_unmet,
        count(*) FILTER (WHERE urban_people = 'unknown') AS urban_people_unknown,
        sum(urban_people_missing) FILTER (WHERE urban_people = 'unmet') AS urban_people_gap,
        count(*) FILTER (WHERE rural_people = 'met') AS rural_people_met,
        count(*) FILTER (WHERE rural_people = 'unmet') AS rural_people_unmet,
        count(*) FILTER (WHERE rural_people = 'unknown') AS rural_people_unknown,
        sum(rural_people_missing) FILTER (WHERE rural_people = 'unmet') AS rural_people_gap
    FROM judged GROUP BY GROUPING SETS ((town_id), (county_id), (city_id))
),
county_agencies AS (
    SELECT coalesce(measure.division_id, county.parent_id) AS division_id,
        count(*) FILTER (WHERE agencies_registered BETWEEN 3 AND 5 AND is_urban_district) AS met,
        count(*) FILTER (WHERE agencies_registered > 5 AND is_urban_district) AS over,
        count(*) FILTER (WHERE agencies_registered < 3 AND is_urban_district) AS unmet,
        count(*) FILTER (WHERE agencies_registered IS NULL AND is_urban_district) AS unknown,
        sum(3 - agencies_registered) FILTER (WHERE agencies_registered < 3 AND is_urban_district) AS gap
    FROM hand_divisionmeasure AS measure
    JOIN communities_division AS county ON county.id = measure.division_id AND county.level = 'county'
    WHERE period_id = %(period)s
    GROUP BY GROUPING SETS ((measure.division_id), (county.parent_id))
),
every_one AS (
    SELECT clause.code, unit.division_id, clause.met, clause.over, clause.unmet, clause.not_applicable, clause.unknown, clause.gap
    FROM (SELECT division_id FROM hand_divisionmeasure WHERE period_id = %(period)s) AS unit
    -- A place without any community that is scored has zeros.
    LEFT JOIN added USING (division_id)
    CROSS JOIN LATERAL (VALUES
        ('urban_facility_area', area_met, 0, area_unmet, 0, area_unknown, area_gap),
        ('urban_org_count', urban_orgs_met, 0, urban_orgs_unmet, 0, urban_orgs_unknown, urban_orgs_gap),
        ('rural_org_count', rural_orgs_met, 0, rural_orgs_unmet, rural_orgs_small, rural_orgs_unknown, rural_orgs_gap),
        ('urban_professionals', urban_people_met, urban_people_over, urban_people_unmet, 0, urban_people_unknown, urban_people_gap),
        ('rural_professionals', rural_people_met, 0, rural_people_unmet, 0, rural_people_unknown, rural_people_gap)
    ) AS clause (code, met, over, unmet, not_applicable, unknown, gap)
    UNION ALL
    SELECT 'district_agencies', division_id, met, over, unmet, 0, unknown, gap FROM county_agencies
)
SELECT %(period)s, target.id, division_id, coalesce(met + over + unmet + unknown, 0), coalesce(met, 0), coalesce(over, 0),
    coalesce(unmet, 0), coalesce(not_applicable, 0), coalesce(unknown, 0),
    round((met + over)::numeric / nullif(met + over + unmet + unknown, 0), 4), coalesce(gap, 0), NULL, ''
FROM every_one
JOIN targets_target AS target ON target.code = every_one.code
JOIN targets_targetplan AS plan ON plan.id = target.plan_id AND plan.code = '2020' AND plan.is_current;
